#!/usr/bin/env bash
# The smallest front end answers requests from stdin: without auth, and with credentials refuses.
set -eu

cd "$(dirname "$0")/.."
: "${OUT:?is set by make}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "check_edge_stdin: $*"
    exit 1
}
# request ACTION METHOD TARGET BODY [CREDENTIALS]
request() {
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nx-acs-version: 2018-01-15\r\nx-acs-action: %s\r\nContent-Length: %d\r\n\r\n%s' \
        "$2" "$3" "$1" "${#4}" "$4" | "$OUT/examples/edge_stdin" "$scratch/store" "${@:5}"
}
expect() { # expect PATTERN REQUEST...
    local want=$1 got
    got=$(request "${@:2}")
    # shellcheck disable=SC2053
    [[ $got == $want ]] || fail "$2 answers: $got"
}

expect 'HTTP/1.1 200 *"Namespace":"site"*' PutDcdnKvNamespace POST / 'Namespace=site'
expect 'HTTP/1.1 200 *"Length":5*' PutDcdnKv POST '/?Namespace=site&Key=a%2Fb' 'Value=hello'
expect 'HTTP/1.1 200 *"Value":"hello"*' GetDcdnKv GET '/?Namespace=site&Key=a%2Fb' ''
expect 'HTTP/1.1 404 *"Code":"InvalidKey.NotFound"*' GetDcdnKv GET '/?Namespace=site&Key=b' ''

cat >"$scratch/credentials" <<'JSON'
{"Credentials":[{"AccessKeyId":"id","AccessKeySecret":"secret","Policy":{"Version":"1",
"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}]}
JSON
expect 'HTTP/1.1 403 *"Code":"Unauthorized.InvalidParameters"*' GetDcdnKv GET \
    '/?Namespace=site&Key=a%2Fb' '' "$scratch/credentials"

# A body that is cut off gets no answer, and does nothing.
got=$(printf 'POST /?Namespace=site&Key=half HTTP/1.1\r\nx-acs-version: 2018-01-15\r\nx-acs-action: PutDcdnKv\r\nContent-Length: 99\r\n\r\nValue=ha' |
    "$OUT/examples/edge_stdin" "$scratch/store")
[ -z "$got" ] || fail "half a body is answered: $got"
expect 'HTTP/1.1 404 *' GetDcdnKv GET '/?Namespace=site&Key=half' ''

# A store that cannot be opened is told of.
! "$OUT/examples/edge_stdin" /dev/null/none </dev/null 2>"$scratch/said" || fail "/dev/null/none is served"
grep -q '^edge_stdin: .' "$scratch/said" || fail "no word about a store that cannot be opened"
