#!/usr/bin/env bash
# `make serve` listens where LISTEN= and METRICS= say, prints the addresses that were bound and no other
# ones, and names the address that it cannot have.
set -eu

cd "$(dirname "$0")/.."
: "${OUT:?is set by make}" "${BUILD:?is set by make}" "${VARIANT:?is set by make}"
scratch=$(mktemp -d)
server=
stop() {
    [ -n "$server" ] || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    server=
}
trap 'stop; rm -rf "$scratch"' EXIT
fail() {
    echo "check_serve: $*"
    exit 1
}
# serve HOME LISTEN METRICS: what `make serve` runs, in the background; it says what goes to $scratch/log.
serve() {
    : >"$scratch/log"
    bash examples/edge-server/serve.sh "$OUT/edge-server" "$scratch/$1" "$2" "$3" >"$scratch/log" 2>&1 &
    server=$!
}
# said PATTERN: the log says it before the server ends.
said() {
    local tries=0
    until grep -qE -e "$1" "$scratch/log"; do
        kill -0 "$server" 2>/dev/null && [ $((tries += 1)) -lt 600 ] ||
            fail "it does not say \"$1\" but: $(cat "$scratch/log")"
        sleep 0.05
    done
}
# get ADDRESS PATH: the status line of the answer.
get() {
    exec 3<>"/dev/tcp/${1%:*}/${1##*:}"
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
    head -n 1 <&3
    exec 3>&-
}
service_at() { sed -nE 's|.*serving .* at http://([^/]+)/ .*|\1|p' "$scratch/log"; }
metrics_at() { sed -nE 's|.*metrics at http://([^/]+)/metrics$|\1|p' "$scratch/log"; }

"${MAKE:-make}" -n "BUILD=$BUILD" "VARIANT=$VARIANT" "SERVE_DIR=$scratch/home" LISTEN=127.0.0.1:0 \
    METRICS=127.0.0.1:1 serve >"$scratch/recipe"
grep -qF "serve.sh $OUT/edge-server '$scratch/home' '127.0.0.1:0' '127.0.0.1:1'" "$scratch/recipe" ||
    fail "make serve does not pass LISTEN and METRICS on: $(cat "$scratch/recipe")"

# Any free port: the ones that were found are printed, and answer.
serve home 127.0.0.1:0 127.0.0.1:0
first=$server
said 'metrics at'
service=$(service_at)
metrics=$(metrics_at)
[[ $(get "$service" /healthz) == 'HTTP/1.1 200'* ]] || fail "nothing healthy at $service"
[[ $(get "$metrics" /metrics) == 'HTTP/1.1 200'* ]] || fail "no metrics at $metrics"
! grep -q ':0/' "$scratch/log" || fail "it prints port 0: $(cat "$scratch/log")"

# A busy port: the address is named, and no URL is printed.
refused() { # refused ADDRESS LISTEN METRICS
    serve other "$2" "$3"
    wait "$server" && fail "it serves at $1 twice"
    server=$first
    grep -qF "cannot listen at $1: Address already in use" "$scratch/log" ||
        fail "it does not say that $1 is busy but: $(cat "$scratch/log")"
    ! grep -q 'http://' "$scratch/log" || fail "it prints a URL though $1 is busy: $(cat "$scratch/log")"
}
refused "$service" "$service" ''
refused "$metrics" 127.0.0.1:0 "$metrics"
stop

# The port that was found can be asked for; without METRICS there are none.
serve home "$service" ''
said "serving .* at http://$service/ "
[[ $(get "$service" /healthz) == 'HTTP/1.1 200'* ]] || fail "nothing healthy at $service"
[ -z "$(metrics_at)" ] || fail 'there are metrics without METRICS'
stop

# At all addresses there are no uploads, and it says so.
serve home 0.0.0.0:0 ''
said 'serving .* at http://0\.0\.0\.0:[1-9]'
grep -q 'Uploads *none' "$scratch/log" || fail 'it does not say that there are no uploads'
stop
