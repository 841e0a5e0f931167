#!/usr/bin/env bash
# kv.h behind the preprocessor is what LuaJIT's ffi.cdef takes, and the shared library works so.
set -u

cd "$(dirname "$0")/.." || exit 1
: "${OUT:?is set by make}"
command -v luajit >/dev/null || { echo 'SKIP: no luajit, so nobody loads kv.h into an FFI' && exit 0; }
base=${KV_TEST_DIR:-}
[ -n "$base" ] || { [ -w /dev/shm ] && base=/dev/shm; }
scratch=$(mktemp -d "${base:-${TMPDIR:-/tmp}}/kv-ffi.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT

# What kv.h says of itself.
${CC:-cc} -E -P -DKV_NO_ATTRIBUTES libkv/kv.h >"$scratch/plain.i" || exit 1
! grep 'kv_.*__attribute__\|__attribute__.*kv_' "$scratch/plain.i" ||
    { echo 'kv.h has attributes although it is told to leave them out' && exit 1; }
${CC:-cc} -E -P libkv/kv.h >"$scratch/kv.i" || exit 1
luajit tests/check_ffi.lua "$scratch/kv.i" "$OUT/libkv.so" libkv.map "$scratch/store"
