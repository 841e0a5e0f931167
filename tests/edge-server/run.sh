#!/usr/bin/env bash
# What `make check-edge` runs: every test of edge-server, with the SDKs that install.sh installed.
#
#   tests/edge-server/run.sh OUT WORK [FILE...]      OUT: where make put edge-server; FILE: only these
#
# Screenshots of the console lie in WORK/shots afterwards.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
shift 2

base=${KV_TEST_DIR:-}
[ -n "$base" ] || { [ -d /dev/shm ] && [ -w /dev/shm ] && base=/dev/shm; }
stores=$(mktemp -d "${base:-${TMPDIR:-/tmp}}/libkv-edge.XXXXXX")
trap 'rm -rf "$stores"' EXIT
mkdir -p "$work/shots"

export EDGE_SERVER=$out/edge-server EDGE_KV=$out/kv EDGE_MODULES=$work/modules EDGE_STORES=$stores
export EDGE_SHOTS=$work/shots NODE_NO_WARNINGS=1
[ $# -gt 0 ] || set -- "$here"/*.test.mjs
# Most of the time is waiting: for clocks, for slow clients.
timeout --kill-after=10 900 node --test --test-concurrency=3 "$@"
