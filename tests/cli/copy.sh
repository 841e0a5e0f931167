#!/usr/bin/env bash
# kv: ns copy. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init >/dev/null && "$kv" ns create Site --capacity 5MB --description 'the first' >/dev/null || exit 1
seq 12000 | sed 's/.*/{"Key":"k\/&","Value":"value of &"}/' | "$kv" import site - >/dev/null || exit 1
"$kv" put site meta value --metadata $'\xff' --expires 2032-01-01 >/dev/null
head -c 3000000 /dev/urandom >"$dir/large"
"$kv" put site large --file "$dir/large" --value-max 25MiB >/dev/null
"$kv" put site soon x --ttl 1 >/dev/null
sleep 1.1
digest() { "$kv" digest "$1" | cut -d' ' -f1; }

# Made like FROM, with all that is live
expect 0 '^written 12,002 keys' "$kv" ns copy site Next
same "$(digest site)" "$(digest next)" 'a copy'
expect 0 '^description +the first' "$kv" ns show next
expect 0 'of 5.0 MB' "$kv" ns show next
expect 1 'no key soon' "$kv" get next soon
expect 0 '^expires +2032-01-01' "$kv" show next meta

# Over one that is there
expect 3 'Next holds keys: --into' "$kv" ns copy site Next
"$kv" put site k/1 changed >/dev/null && "$kv" put next own x >/dev/null
expect 0 '^written 12,002 keys' "$kv" ns copy site next --into
same changed "$("$kv" get next k/1)" 'a key that both have'
same x "$("$kv" get next own)" 'a key that only TO has'
"$kv" ns create empty --description mine >/dev/null && "$kv" put empty gone x --ttl 1 >/dev/null
sleep 1.1
expect 0 '^written 12,002 keys' "$kv" ns copy site empty
expect 0 '^description +mine' "$kv" ns show empty
expect 64 'one namespace' "$kv" ns copy site SITE
expect 1 'no namespace none' "$kv" ns copy none other
expect 1 'no namespace other' "$kv" ns show other
expect 3 'KV_NAMESPACE_MALFORMED' "$kv" ns copy site 'a b'

# One key; and a TO that has no room for all
"$kv" ns create one >/dev/null && "$kv" put one a x >/dev/null
expect 0 '^written 1 key, ' "$kv" ns copy one two
"$kv" ns create small --capacity 1MB >/dev/null
expect 2 'KV_NAMESPACE_FULL' "$kv" ns copy site small
grep -q 'small does not hold all of site; to do it again: kv ns copy site small --into' "$dir/err" ||
    failed "a copy that is not whole: $(cat "$dir/err")"

# Deadlines that come between the reading of a key and the writing: the key is gone, and nothing has failed
if [ "${VARIANT:-release}" != release ] && [ "${VARIANT:-release}" != debug ]; then
    echo 'SKIP: sanitizers and coverage do not like another library in front'
    finish
    exit
fi
"${CC:-cc}" -shared -fPIC -O1 -D_GNU_SOURCE -o "$dir/fail.so" "$(dirname "$0")/fail.c" || exit 1
stepping() { env LD_PRELOAD="$dir/fail.so" KV_STEP_TIME=3600 "$@"; }
"$kv" ns create hours >/dev/null || exit 1
for hours in $(seq 0 20); do # One of them at least in the hour of each look at the clock.
    "$kv" put hours "key-$hours" x --ttl $((hours * 3600 + 1800)) >/dev/null
done
expect 0 '^written [0-9]+ keys' stepping "$kv" ns copy hours later
for hours in $(seq 0 20); do # A namespace each: a write sweeps what is due in its own.
    "$kv" ns create "hours-$hours" >/dev/null
    "$kv" put "hours-$hours" key x --ttl $((hours * 3600 + 1800)) >/dev/null
    expect 0 '^created|^replaced' stepping "$kv" put "hours-$hours" key y --keep-ttl
done

finish
