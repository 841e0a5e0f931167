#!/usr/bin/env bash
# docs/edge-api.md names the operations, codes and server options' codes that there are, no other ones.
set -eu
export LC_ALL=C

cd "$(dirname "$0")/.."
: "${OUT:?is set by make}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
page=docs/edge-api.md

# section HEADING: its lines, up to the next heading of that level.
section() { awk -v want="## $1" '/^## / { inside = ($0 == want) } inside' "$page"; }
# compare WHAT: the two lists.
compare() {
    [ -s "$scratch/code" ] || { echo "check_edge_api: found no $1 in the code" && exit 1; }
    diff <(sort -u "$scratch/code") <(sort -u "$scratch/page") >"$scratch/diff" && return
    echo "check_edge_api: $1: < is in the code, > in $page"
    cat "$scratch/diff"
    exit 1
}

# Operations: ROW(DCDN, "PutDcdnKv", WRITE, ... against the cells of the tables. The first two columns are
# names, the next one or the one before the parameters is the level.
sed -nE 's/^ *ROW\([A-Z]+, "([A-Za-z]+)", ([A-Z]+).*/\1 \L\2/p' libkv/edge/operations.c >"$scratch/code"
section Operations | sed -nE 's/^\| (`[^|]*`) \| (.*)/\1 | \2/p' | awk -F' [|] ' '{
    level = $2 ~ /^(read|write|list)$/ ? $2 : $3
    for (i = 1; i <= 2; i++)
        if (split($i, name, "`") == 3) print name[2], level }' >"$scratch/page"
compare 'operations'

# Codes: those of statuses, of faults, and of the server's own answers.
{
    sed -nE 's/.*[0-9]{3}, [01], "([A-Za-z.]+)".*/\1/p; s/.*\{500, 0, "([A-Za-z]+)".*/\1/p' libkv/edge/status.c
    grep -q 'PARAMETER_ROW' libkv/edge/status.c && echo Invalid.Parameter
    cat libkv/edge/*.c | tr '\n' ' ' | grep -oE '[0-9]{3}, +"[A-Z][A-Za-z.]+",' | cut -d'"' -f2
    cat examples/edge-server/*.c | tr '\n' ' ' | grep -oE 'answer_own\(r, [A-Z_]+, +"[A-Za-z.]+"' | cut -d'"' -f2
    # What the service's own table has besides.
    printf '%s\n' InvalidAccount.Malformed InvalidAccount.NotFound TooManyRequests TooQuickRequests
} | grep -vx OK >"$scratch/code"
section Errors | sed -nE 's/^\| [0-9]{3} \| ([^|]*) \|.*/\1/p' | tr -d '` ' | tr ',' '\n' >"$scratch/page"
compare 'codes'

# Parameters: [KVI_ARG_KEY] = {"Key", ...
sed -nE 's/^ *\[KVI_ARG_[A-Z0-9_]+\] = \{"([A-Za-z0-9]+)".*/\1/p' libkv/edge/arguments.c >"$scratch/code"
section Operations | sed -n '/^### Parameters/,$p' | sed -nE 's/^\| ([A-Z][A-Za-z0-9, ]*) \|.*/\1/p' |
    tr -d ' ' | tr ',' '\n' >"$scratch/page"
compare 'parameters'
