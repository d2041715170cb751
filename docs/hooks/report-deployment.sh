#!/bin/sh
# Reports a deployment to Tallystick, step by step, from a pipeline. Needs curl, od and awk.
#
#   TALLYSTICK_URL    where the service is, such as https://tally.example
#   TALLYSTICK_TOKEN  a token of a program with the scope deployments:write, of a manager
#
#   id=$(report-deployment.sh begin "$SHA" "$BRANCH" push "$USER")    prints the deployment's id
#   report-deployment.sh step "$id" testing [REPORT_FILE]             or deploying, healthy, failed
#   report-deployment.sh rolled-back "$id" "REASON" [REPORT_FILE]
#
# Exits with 1, and the service's reason on standard error, if a report was refused or did not arrive.
set -eu

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

usage() {
    fail "usage: $0 begin SHA BRANCH TRIGGER DEPLOYED_BY | step ID STATUS [REPORT_FILE] | rolled-back ID REASON [REPORT_FILE]"
}

# Standard input as a JSON string, byte by byte, so that nothing in it is taken for anything else.
quoted() {
    printf '"'
    od -An -v -tu1 | LC_ALL=C awk '{
        for (i = 1; i <= NF; i++) {
            if ($i == 34 || $i == 92) printf "\\%c", $i + 0
            else if ($i < 32 || $i == 127) printf "\\u%04x", $i + 0
            else printf "%c", $i + 0
        }
    }'
    printf '"'
}

text() {
    printf '%s' "$1" | quoted
}

# The field report_text with what a file holds, if there is one.
report() {
    if [ -n "${1:-}" ]; then
        printf ', "report_text": '
        quoted < "$1"
    fi
}

# Sends standard input as JSON. The token goes to curl by a file that only this user may read, so that no list of
# processes shows it.
send() {
    cat > "$work/body"
    printf 'header = "Authorization: Bearer %s"\n' "$TALLYSTICK_TOKEN" > "$work/curl"
    status=$(curl --config "$work/curl" --silent --show-error --max-time 60 --retry 3 \
        --request "$1" --header "Content-Type: application/json" $3 \
        --data-binary "@$work/body" --output "$work/answer" --write-out '%{http_code}' \
        "${TALLYSTICK_URL%/}$2") || fail "the service was not reached"
    case $status in
        2??) ;;
        *) fail "$1 $2 was answered with $status: $(cat "$work/answer")" ;;
    esac
}

: "${TALLYSTICK_URL:?says where the service is}"
: "${TALLYSTICK_TOKEN:?holds a token with the scope deployments:write}"
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case ${1:-} in
    begin)
        [ $# -eq 5 ] || usage
        # The key makes one deployment of a request that is sent again since its answer was lost.
        key=$(od -An -v -N16 -tx1 /dev/urandom | tr -d ' \n')
        {
            printf '{"git_sha": %s, "branch": %s' "$(text "$2")" "$(text "$3")"
            printf ', "trigger": %s, "deployed_by": %s}' "$(text "$4")" "$(text "$5")"
        } | send POST /v1/deployments "--header Idempotency-Key:$key"
        sed -n 's/^{"id":"\([0-9a-f-]*\)".*/\1/p' "$work/answer"
        ;;
    step)
        { [ $# -eq 3 ] || [ $# -eq 4 ]; } || usage
        { printf '{"status": %s' "$(text "$3")"; report "${4:-}"; printf '}'; } |
            send PATCH "/v1/deployments/$2" ""
        ;;
    rolled-back)
        { [ $# -eq 3 ] || [ $# -eq 4 ]; } || usage
        {
            printf '{"status": "rolled_back", "rollback_reason": %s' "$(text "$3")"
            report "${4:-}"
            printf '}'
        } | send PATCH "/v1/deployments/$2" ""
        ;;
    *) usage ;;
esac
