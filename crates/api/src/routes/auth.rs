//! `/v1/auth`: sessions

use std::net::{IpAddr, Ipv4Addr};

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::Tx;
use identity::{
    Ctx, Password,
    audit::{self, Entry},
    sessions::{
        self, Attempt, LoginRefusal, NewSession, Proof, RefreshRefusal, RefreshToken, Refreshed,
        Told,
    },
    users,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::users as users_routes;
use crate::{
    answer::Answer,
    change::{change, note},
    extract::{Body, Call},
    guard,
    problem::{Problem, kinds},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/auth/login").post(log_in))
        .service(web::resource("/v1/auth/refresh").post(refresh_session))
        .service(web::resource("/v1/auth/logout").post(log_out))
        .service(web::resource("/v1/auth/password").post(change_password));
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginIn {
    #[schema(example = "me@example.org", max_length = 254)]
    pub email: String,
    #[schema(value_type = String, max_length = 128)]
    pub password: Password,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshIn {
    #[schema(max_length = 128)]
    pub refresh_token: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogoutIn {
    /// End all of the user's sessions instead of this one.
    #[serde(default)]
    pub everywhere: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordIn {
    #[schema(value_type = String, max_length = 128)]
    pub current_password: Password,
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    pub new_password: Password,
}

/// What a session is carried on with.
#[derive(Serialize, ToSchema)]
pub struct SessionOut {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    pub access_token_expires_at: DateTime<Utc>,
    /// Good once, for the next access token and the next refresh token.
    pub refresh_token: String,
    pub refresh_token_expires_at: DateTime<Utc>,
}

/// Begins a session.
///
/// An unknown address, a wrong password and a disabled account are answered alike, after the same time.
/// Who fails again and again has to wait.
#[utoipa::path(
    post, path = "/v1/auth/login", tag = "Accounts", request_body = LoginIn,
    responses(
        (status = 200, description = "A session", body = SessionOut),
        (status = 401, description = "`login_failed`"),
        (status = 409, description = "`login_overtaken`: the account was changed meanwhile"),
        (status = 429, description = "`login_locked`, with `Retry-After`"),
        (status = 503, description = "`overloaded`"),
    ),
)]
pub async fn log_in(call: Call, body: Body<LoginIn>) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    call.state.rate_limits.check_login(address(&call))?;
    let LoginIn { email, password } = &body.value;
    match prove(&call, email, password).await? {
        Ok((attempt, proof)) => begin(&call, &attempt, proof).await,
        Err(refusal) => {
            let entry = Entry::refused("session.begin", "session").with("reason", refusal.as_str());
            // What is no address may be a password in the wrong field.
            let entry = match users::normal_email(email) {
                Ok(email) => entry.with("email", email),
                Err(_) => entry,
            };
            guard::write_refusal(&call.state, &call.ctx, entry).await;
            Err(told(refusal))
        }
    }
}

/// Lets an attempt through if it may be made now, and looks whether the password is right.
async fn prove(
    call: &Call,
    email: &str,
    password: &Password,
) -> Result<Result<(Attempt, Proof), LoginRefusal>, Problem> {
    let (ctx, database) = (&call.ctx, &call.ctx.database);
    let admit = async |tx: Tx| sessions::admit(ctx, &tx, email, address(call)).await;
    let admitted = database.write(admit).await?;
    let attempt = match admitted {
        Ok(attempt) => attempt,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let passwords = &call.state.security.passwords;
    let primary = ctx.shared();
    match sessions::check(ctx, &primary, passwords, &attempt, password).await {
        Ok(Ok(proof)) => Ok(Ok((attempt, proof))),
        Ok(Err(refusal)) => Ok(Err(refusal)),
        Err(error) => {
            let withdraw = async |tx: Tx| sessions::withdraw(ctx, &tx, &attempt).await;
            database.write(withdraw).await?;
            Err(error.into())
        }
    }
}

fn address(call: &Call) -> IpAddr {
    let known = call.ctx.origin.ip;
    known.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

async fn begin(call: &Call, attempt: &Attempt, proof: Proof) -> Result<HttpResponse, Problem> {
    let lifetime = call.state.security.refresh_lifetime;
    change(call, async |ctx: &Ctx, tx: &Tx| {
        let begun = sessions::begin(ctx, tx, attempt, proof.clone(), lifetime).await?;
        let user = begun.user.id.to_string();
        answer(call, &begun).map(|answer| answer.noting("user_id", user))
    })
    .await
}

/// The same for all that would tell one account from another.
fn told(refusal: LoginRefusal) -> Problem {
    match refusal.told() {
        Told::Refused => {
            let advice = "the address or the password is wrong, or the account is disabled";
            Problem::new(kinds::LOGIN_FAILED, advice)
        }
        Told::Wait { seconds } => {
            let advice = format!("too many logins have failed; try again in {seconds} s");
            let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
            Problem::new(kinds::LOGIN_LOCKED, advice).retry_after(seconds)
        }
    }
}

fn answer(call: &Call, session: &NewSession) -> Result<Answer, Problem> {
    let (user, id) = (&session.user, session.session);
    let issued = call
        .state
        .security
        .access_tokens
        .issue(user.id, id, user.session_version)?;
    let (access_token, access_token_expires_at) = issued;
    let out = SessionOut {
        access_token,
        token_type: "Bearer",
        access_token_expires_at,
        refresh_token: session.refresh_token.expose().to_owned(),
        refresh_token_expires_at: session.refresh_expires_at,
    };
    Ok(Answer::ok(&out)?.about(id))
}

/// Carries a session on. A refresh token is good once; one that comes twice ends its session.
#[utoipa::path(
    post, path = "/v1/auth/refresh", tag = "Accounts", request_body = RefreshIn,
    responses(
        (status = 200, description = "The session goes on", body = SessionOut),
        (status = 401, description = "`refresh_refused`"),
    ),
)]
pub async fn refresh_session(call: Call, body: Body<RefreshIn>) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    let refused = || {
        let advice = "the session has ended, or this is not its newest refresh token; log in again";
        Problem::new(kinds::REFRESH_REFUSED, advice)
    };
    let Ok(token) = RefreshToken::parse(&body.value.refresh_token) else {
        guard::check_refusal(&call.state, &call.ctx.origin)?;
        let entry = Entry::refused("session.refresh", "session").with("reason", "malformed_token");
        guard::write_refusal(&call.state, &call.ctx, entry).await;
        return Err(refused());
    };
    let lifetime = call.state.security.refresh_lifetime;
    let unit = async |tx: Tx| -> Result<Option<Answer>, Problem> {
        match sessions::refresh(&call.ctx, &tx, &token, lifetime).await? {
            Refreshed::GoesOn(session) => {
                let user = session.user.id.to_string();
                let answer = answer(&call, &session)?.noting("user_id", user);
                note(&call, &tx, &answer).await?;
                Ok(Some(answer))
            }
            Refreshed::Refused(refusal) => {
                if refusal == RefreshRefusal::Unknown {
                    guard::check_refusal(&call.state, &call.ctx.origin)?;
                }
                let entry =
                    Entry::refused("session.refresh", "session").with("reason", refusal.as_str());
                audit::append(&call.ctx, &tx, entry).await?;
                Ok(None)
            }
        }
    };
    let answer = call.ctx.database.write(unit).await?;
    Ok(answer.ok_or_else(refused)?.into())
}

/// Ends this session at once, or all of the user's.
#[utoipa::path(
    post, path = "/v1/auth/logout", tag = "Accounts", request_body = LogoutIn,
    responses((status = 204, description = "Ended")),
)]
pub async fn log_out(call: Call, body: Body<LogoutIn>) -> Result<HttpResponse, Problem> {
    let everywhere = body.value.everywhere;
    let session = call.principal.as_ref().and_then(|known| known.session);
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        if everywhere {
            sessions::logout_everywhere(ctx, tx, ctx.scope).await?;
        } else if let Some(session) = session {
            sessions::logout(ctx, tx, ctx.scope, session).await?;
        }
        let about = session.map_or_else(String::new, |session| session.to_string());
        Ok(Answer::no_content()
            .about(about)
            .noting("everywhere", everywhere))
    })
    .await
}

/// Changes the caller's password. All their sessions end at once, this one too.
#[utoipa::path(
    post, path = "/v1/auth/password", tag = "Accounts", request_body = PasswordIn,
    responses(
        (status = 204, description = "Changed"),
        (status = 401, description = "`login_failed`: the current password is another"),
        (status = 422, description = "`validation_failed`: the new password is too weak"),
        (status = 429, description = "`login_locked`, with `Retry-After`"),
    ),
)]
pub async fn change_password(call: Call, body: Body<PasswordIn>) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    let PasswordIn {
        current_password,
        new_password,
    } = &body.value;
    let me = users::find(&call.ctx, &call.ctx.shared(), call.ctx.scope).await?;
    let hash = users_routes::hash(&call, new_password, &me.email, &me.display_name).await?;
    if let Err(refusal) = prove(&call, &me.email, current_password).await? {
        let entry = Entry::refused("user.password", "user").with("reason", refusal.as_str());
        guard::write_refusal(&call.state, &call.ctx, entry).await;
        return Err(told(refusal));
    }
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        users::set_password(ctx, tx, me.id, hash.clone()).await?;
        Ok(Answer::no_content().about(me.id))
    })
    .await
}
