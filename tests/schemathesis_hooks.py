"""What Schemathesis has to know: media types, and how its caller does not lock itself out."""

import itertools
import os

import schemathesis

OWN_ID = os.environ.get("FUZZ_USER_ID")
OWN_EMAIL = os.environ.get("FUZZ_EMAIL")
OWN_PASSWORD = os.environ.get("FUZZ_PASSWORD")
SOMEBODY = "01900000-0000-7000-8000-000000000000"
ADDRESSES = itertools.count()
NEW_PASSWORD = {"current_password", "new_password"}


@schemathesis.serializer("application/x-ndjson", "text/csv")
def send_as_text(ctx, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode()}


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Without its account the rest of a run would be one 401 after another."""
    path, method, body = case.path, case.method.upper(), case.body
    of_path = case.path_parameters or {}
    # Twenty failed logins in a row would lock the address, from which the caller logs in, too.
    if path.startswith("/v1/auth/"):
        headers = dict(case.headers or {})
        case.headers = {**headers, "X-Forwarded-For": f"10.0.{next(ADDRESSES) // 10 % 256}.1"}
    if path.startswith("/v1/users/{id}") and method != "GET" and of_path.get("id") == OWN_ID:
        of_path["id"] = SOMEBODY
    if not isinstance(body, dict):
        return
    if path == "/v1/auth/login" and body.get("email") == OWN_EMAIL:
        body["email"] = "somebody@example.org"
    # Five wrong passwords in a row would lock the account.
    if path == "/v1/auth/password" and set(body) == NEW_PASSWORD and is_well_formed(body):
        body.update(current_password=OWN_PASSWORD, new_password=OWN_PASSWORD)


def is_well_formed(body):
    current, new = body["current_password"], body["new_password"]
    return isinstance(current, str) and isinstance(new, str) and len(current) <= 128 and 8 <= len(new) <= 128
