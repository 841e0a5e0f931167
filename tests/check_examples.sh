#!/usr/bin/env bash
# What `make check` does not see by running each example once: exit statuses and second runs.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
: "${OUT:?is set by make}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

# expect STATUS PATTERN COMMAND...: the exit status and a line that it prints.
expect() {
    local wanted=$1 pattern=$2 code=0
    shift 2
    "$@" >"$scratch/out" 2>&1 || code=$?
    [ "$code" = "$wanted" ] && grep -qE -e "$pattern" "$scratch/out" && return
    echo "check_examples: $*: exit $code, wanted $wanted with \"$pattern\"; it said:"
    cat "$scratch/out"
    status=1
}

importer=$OUT/examples/importer
long() { head -c "$1" /dev/zero | tr '\0' 'v'; }
printf 'a\t1\nb\t2\n' >"$scratch/good"
printf 'a\t1\nb c\t2\n' >"$scratch/faults"
{ printf 'long\t' && long 2000000 && printf '\nafter\t1\n'; } >"$scratch/long"
{ printf 'too-long\t' && long 2000001 && printf '\nafter\t1\n'; } >"$scratch/too-long"
expect 0 '2 lines in 1 batches' "$importer" "$scratch/store" "$scratch/good"
expect 2 '1 +KV_KEY_MALFORMED' "$importer" "$scratch/store" "$scratch/faults"
expect 0 '2 +KV_OK' "$importer" "$scratch/store" "$scratch/long"
expect 2 '1 +KV_VALUE_TOO_LONG' "$importer" "$scratch/store" "$scratch/too-long"
expect 1 'none' "$importer" "$scratch/store" "$scratch/none"
expect 1 'there is a store' "$OUT/examples/edge_worker" "$scratch/store"
"$OUT/kv" --store "$scratch/store" seal >/dev/null || status=1
expect 1 'sealed' "$importer" "$scratch/store" "$scratch/good"
exit $status
