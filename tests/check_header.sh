#!/usr/bin/env bash
# kv.h and kv_edge.h stand alone and are strict C11 and C++11, and later versions of both.
set -u

cd "$(dirname "$0")/.." || exit 1
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fsyntax-only -Ilibkv)
status=0
try() {
    "$@" || { echo "failed: $*" && status=1; }
}
for standard in c11 c17 c2x; do
    try "${CC:-cc}" -std=$standard -Wstrict-prototypes -Wmissing-prototypes "${warnings[@]}" \
        tests/check_header.c tests/check_header_edge.c
done
# C++ warns of omitted fields, which here are zero by design.
for standard in c++11 c++17 c++2a; do
    try "${CXX:-c++}" -std=$standard "${warnings[@]}" -Wno-missing-field-initializers \
        tests/check_header.cpp tests/check_header_edge.cpp
done
exit $status
