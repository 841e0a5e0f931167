#!/usr/bin/env bash
# The service under load, beside Redis, in one run on loopback. What `make bench-edge` runs.
#
#   bench/edge/run.sh OUT WORK [SECONDS]      OUT: where make put edge-server and edge-load
#
# 100,000 keys of 1,000 bytes. Gets of one key; BatchPut of 100 keys, each batch durable. The same of
# Redis: GET; MSET of 100 keys, pipelined, with an append-only file and appendfsync always. The stores
# lie in WORK: put it on the disk you mean to measure. EDGE_SCALE=100 runs a hundredth, to see that it
# works.
set -eu

out=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
seconds=${3:-15}
scale=${EDGE_SCALE:-1}
here=$(cd "$(dirname "$0")" && pwd)
connections=64

pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
}
trap stop EXIT
rm -rf "${work:?}/open" "$work/signed" "$work/redis"
mkdir -p "$work/open" "$work/signed" "$work/redis"

wait_for() { # A command that says that a server is there.
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "bench-edge: this did not come up: $*" >&2
    exit 1
}
heading() { printf '\n== %s\n' "$*"; }
port_of() { sed -n 's/.*serving .* at http:\/\/127.0.0.1:\([0-9]*\)\/ .*/\1/p' "$1"; }
start() { # start NAME OPTION...: an edge-server; its port goes to $port
    local name=$1
    shift
    "$out/edge-server" --store "$work/$name/store" --listen 127.0.0.1:0 --connections-max 2000 \
        --metrics 127.0.0.1:0 "$@" 2>"$work/$name/log" &
    pids+=($!)
    wait_for grep -q 'metrics at' "$work/$name/log"
    port=$(port_of "$work/$name/log")
}
metric() { # metric NAME METRIC
    local url
    url=$(sed -n 's/.*metrics at \(http.*\)$/\1/p' "$work/$1/log")
    curl -s "$url" | awk -v name="$2" '$1 == name { print $2 }'
}
create() { # The namespace of the unsigned server.
    curl -s -o /dev/null -H 'x-acs-action: PutDcdnKvNamespace' -H 'x-acs-version: 2018-01-15' \
        --data 'Namespace=load' "http://127.0.0.1:$1/"
}
header() { printf '#kind\tsigned\tcount\tseconds\tper_s\tp50_us\tp99_us\tmax_us\tfailed\n'; }

heading 'edge-server, unsigned'
start open --no-auth
open_port=$port
create "$open_port"
header
"$out/edge-load" 127.0.0.1 "$open_port" fill 1000 16
"$out/edge-load" 127.0.0.1 "$open_port" get $((200000 / scale)) "$connections"
store_us=$(metric open libkv_process_apply_us_total)
sync_us=$(metric open libkv_process_sync_us_total)
prepare_us=$(metric open libkv_process_prepare_us_total)
"$out/edge-load" 127.0.0.1 "$open_port" batch $((2000 / scale)) "$connections"
printf 'of the batches in libkv: prepare %d us, apply %d us, sync %d us in all\n' \
    $(($(metric open libkv_process_prepare_us_total) - prepare_us)) \
    $(($(metric open libkv_process_apply_us_total) - store_us)) \
    $(($(metric open libkv_process_sync_us_total) - sync_us))
awk '/ GetDcdnKv / { for (i = 1; i <= NF; i++) { if ($i ~ /^us=/) us += substr($i, 4)
        if ($i ~ /^store_us=/) store += substr($i, 10) } n++ }
    END { if (n) printf "of a get: %.0f us in the server, %.1f us of it in libkv\n", us / n, store / n }' \
    "$work/open/log"

heading 'edge-server, unsigned, by wrk'
wrk -t 2 -c "$connections" -d "${seconds}s" --latency -s "$here/get.lua" "http://127.0.0.1:$open_port/"
wrk -t 2 -c "$connections" -d "${seconds}s" --latency -s "$here/batch.lua" \
    "http://127.0.0.1:$open_port/"

heading 'edge-server, signed (V3), each request once'
(umask 077 && cat >"$work/signed/keys.json") <<'EOF'
{"Credentials": [{"AccessKeyId": "load", "AccessKeySecret": "load-secret", "Policy": {"Version": "1",
  "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}
EOF
start signed --credentials "$work/signed/keys.json"
EDGE_ENDPOINT=127.0.0.1:$port EDGE_KEY=load EDGE_SECRET=load-secret \
    bash "$here/../../examples/edge-server/call.sh" PutDcdnKvNamespace --form Namespace=load >/dev/null
header
"$out/edge-load" 127.0.0.1 "$port" fill 1000 16 load load-secret
"$out/edge-load" 127.0.0.1 "$port" get $((200000 / scale)) "$connections" load load-secret
"$out/edge-load" 127.0.0.1 "$port" batch $((2000 / scale)) "$connections" load load-secret

heading "Redis $(redis-server --version | sed 's/.*v=\([0-9.]*\).*/\1/'), appendfsync always"
redis-server --port 0 --unixsocket "$work/redis/control" --save '' --appendonly yes \
    --appendfsync always --dir "$work/redis" >"$work/redis/log" 2>&1 &
pids+=($!)
wait_for redis-cli -s "$work/redis/control" ping
redis-cli -s "$work/redis/control" config set port 16379 >/dev/null
value=$(head -c 750 /dev/urandom | base64 -w 0)
mset=(mset)
for _ in $(seq 100); do mset+=("k:__rand_int__" "$value"); done
benchmark=(redis-benchmark -h 127.0.0.1 -p 16379 -r 100000 -c "$connections" --csv)
"${benchmark[@]}" -n $((3000 / scale)) -P 4 "${mset[@]}" | sed 's/^"[^"]*__rand_int__[^"]*"/"MSET of 100, pipelined"/'
"${benchmark[@]}" -n $((200000 / scale)) get k:__rand_int__ | sed 's/^"get k:__rand_int__"/"GET"/'
