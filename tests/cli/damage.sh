#!/usr/bin/env bash
# kv on a damaged store: what hides keys is found by counting, and no export that lacks some exits 0.
# $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

if [ "${VARIANT:-release}" != release ] && [ "${VARIANT:-release}" != debug ]; then
    echo 'SKIP: the program that damages is built without a sanitizer'
    exit 0
fi
: "${OUT:?is set by make}"
tests=$(dirname "$0")/..
"${CC:-cc}" -std=c11 -D_GNU_SOURCE -I"$tests" -I"$tests/../libkv" -o "$dir/damage" \
    "$tests/cli/damage.c" "$OUT/libsupport.a" "$OUT/libkv.a" -lcmocka -llmdb -lzstd -pthread || exit 1

"$kv" init >/dev/null && "$kv" ns create site >/dev/null && "$kv" ns create other >/dev/null || exit 1
seq 30 | sed 's/.*/{"Key":"key\/&","Value":"value of &"}/' | "$kv" import site - >/dev/null
"$kv" put other a b >/dev/null
cp -r "$KV_STORE" "$dir/template"
anew() { rm -rf "$KV_STORE" && cp -r "$dir/template" "$KV_STORE"; }

# Nothing is missing: not with keys that are expired and not swept either, which are not written
"$kv" put site soon x --ttl 1 >/dev/null && "$kv" put site later x --ttl 1d >/dev/null
while "$kv" get site soon >/dev/null 2>&1; do sleep 0.1; done
expect 0 '"Key":"later"' "$kv" export site
expect_not '"Key":"soon"'
same 31 "$(wc -l <"$dir/out")" 'lines of an export'
expect 0 '  site$' "$kv" digest site
expect 0 '^Namespaces' "$kv" stat
expect 0 'dropped' "$kv" ns drop other --yes
expect 0 '^Namespaces' "$kv" stat

expect 0 'is sound' "$kv" check
same '' "$("$kv" check --json)" 'faults of a sound store'
expect 64 'which store' env -u KV_STORE "$kv" check
expect 4 'no store at' "$kv" --store "$dir/nothing" check
if has_terminal 'check with a progress bar'; then
    on_terminal '' "$kv" check >"$dir/out" || failed 'check on a terminal'
fi

# A row is gone, and nobody counted it
anew
"$dir/damage" "$KV_STORE" site row key/20 || exit 1
expect 4 'namespace site counts 30 keys, but 29 were found' "$kv" export site
same 29 "$(wc -l <"$dir/out")" 'lines of what can be saved'
expect 4 'usage, namespace 1: keys: 30, but 29' "$kv" check
expect_not 'is sound'
expect 4 '^{"Table":"usage","Namespace":1,"Message":"keys: 30' "$kv" check --json
expect 4 'the store is damaged' "$kv" digest site
expect_not '^[0-9a-f]{64} '
expect 0 '"Key":"a"' "$kv" export other
expect 0 '^Namespaces' "$kv" stat

# Many records are damaged: the first ones are named, the others counted, and the advice comes once
anew
# shellcheck disable=SC2046
"$dir/damage" "$KV_STORE" site record $(seq -f key/%g 11 17) || exit 1
"$dir/damage" "$KV_STORE" other record a || exit 1
expect 4 '^kv export: key/11 in site: .*KV_CORRUPT' "$kv" export site
same 23 "$(wc -l <"$dir/out")" 'lines beside damaged records'
same 5 "$(grep -c 'KV_CORRUPT' "$dir/err")" 'damaged keys that are named'
grep -q '^kv export: 7 damaged keys were left out; the first 5 are named above$' "$dir/err" ||
    failed "the damage is not summed up: $(cat "$dir/err")"
same 8 "$(wc -l <"$dir/err")" 'lines about the damage'
expect 4 '^kv export: 8 damaged keys were left out' "$kv" export --all
same 25 "$(wc -l <"$dir/out")" 'lines of a whole store beside damaged records'
expect 4 '^kv export: 1 damaged key was left out$' "$kv" export other
expect 4 '7 damaged keys were left out' "$kv" digest site
expect_not '^[0-9a-f]{64} '
expect 0 '"Key":"key/2"' "$kv" export site --prefix key/2
same 11 "$(wc -l <"$dir/out")" 'lines of a prefix without damage'

# A sum is wrong
anew
"$dir/damage" "$KV_STORE" site count || exit 1
for form in '' --json --prometheus; do
    # shellcheck disable=SC2086
    expect 4 'it counts 31 keys, its namespaces 32 in all' "$kv" stat $form
done
expect 4 'counts 31 keys, but 30 were found' "$kv" export site

# A page is overwritten: nothing else of the command survives that for sure
anew
data=$(echo "$KV_STORE"/g-*/data.mdb)
for page in 3 4 5 6 7 8 9 10; do
    dd if=/dev/zero of="$data" bs=4096 seek=$page count=1 conv=notrunc status=none
done
expect 4 ', page [0-9]+: ' "$kv" check
expect_not 'is sound'
truncate -s 3000 "$data"
expect 4 'truncated' "$kv" check
expect 4 'is damaged: 1 fault$' "$kv" check

finish
