#!/usr/bin/env bash
# kv: the store, namespaces, single keys, lists, and the exit statuses. $1 is the command.
set -u
kv=$(realpath "$1")
base=${KV_TEST_DIR:-}
[ -n "$base" ] || { [ -w /dev/shm ] && base=/dev/shm; }
dir=$(mktemp -d "${base:-/tmp}/kv-cli.XXXXXX") || exit 1
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
export KV_STORE=$dir/store
failures=0

# expect STATUS PATTERN COMMAND...: exit status and a line of stdout or stderr (grep -E; "" is any).
expect() {
    local status=$1 pattern=$2 code=0
    shift 2
    "$@" >"$dir/out" 2>"$dir/err" </dev/null || code=$?
    if [ "$code" != "$status" ] || ! cat "$dir/out" "$dir/err" | grep -qE -e "$pattern"; then
        printf 'FAILED: %s\n  exit %s, wanted %s with "%s"; it said:\n' "$*" "$code" "$status" "$pattern"
        sed 's/^/  | /' "$dir/out" "$dir/err"
        failures=$((failures + 1))
    fi
}
# same EXPECTED ACTUAL WHAT
same() {
    [ "$1" = "$2" ] && return
    printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$3" "$1" "$2"
    failures=$((failures + 1))
}

# Help and usage
expect 0 '^kv [0-9.]+ \(libkv [0-9.]+\)' "$kv" --version
expect 0 'batch-put' "$kv" help
expect 64 'usage: kv' "$kv"
expect 64 "no subcommand 'foo'" "$kv" foo
expect 64 'kv ns create' "$kv" ns
expect 0 'kv ns create' "$kv" ns --help
expect 64 'kv put --help' "$kv" put
expect 64 "unrecognized option '--foo'" "$kv" put site a b --foo
expect 64 'which store' env -u KV_STORE "$kv" stat
for name in $("$kv" help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'); do
    expect 0 '^Example|Example:' "$kv" "$name" --help
done

# The store
expect 4 "no store at $dir/store: make one with: kv --store $dir/store init" "$kv" get site a
expect 0 '^made a store' "$kv" init --map-size 64MiB --capacity 5MB --changes-age 7d
expect 3 'there is a store at' "$kv" init
expect 0 '^file at most +64 MiB' "$kv" settings
expect 0 '^capacity +5.0 MB' "$kv" --store "$dir/store" settings
expect 0 '^capacity +6.0 MB' "$kv" settings --store="$dir/store" --capacity 6MB
expect 0 '^change log +the last 7 days' "$kv" settings
expect 64 "takes a size" "$kv" settings --capacity much
expect 4 'cannot open' "$kv" --store "$dir/none/store" init

# Namespaces
expect 0 'made namespace Site' "$kv" ns create Site --description 'the first' --capacity 3MB
expect 3 'KV_NAMESPACE_EXISTS' "$kv" ns create site
expect 3 'KV_NAMESPACE_MALFORMED' "$kv" ns create 'a b'
expect 0 '^description +the first' "$kv" ns show SITE
expect 0 'of 3.0 MB' "$kv" ns ls
expect 1 'no namespace other' "$kv" ns show other
expect 3 'make it with: kv ns create other' "$kv" put other a b
expect 0 'capacity of site is unlimited' "$kv" ns capacity site unlimited
for size in '1.5MB=1.5 MB' '10k=10 kB' '2000000=2.0 MB' '1GiB=1 GiB' '1.5gib=1.6 GB' '999=999 B' \
    '999999=1.0 MB' '1TB=1.0 TB' '4096 kib=4 MiB' '18446744073709551614=18 EB'; do
    expect 0 "^capacity of site is ${size#*=}\$" "$kv" ns capacity site "${size%=*}"
done
for size in 0 '' x 1x -1 1.5.5MB 99999999999999999999 20000000TB; do
    expect 64 'a capacity is a size' "$kv" ns capacity site -- "$size"
done
expect 0 '' "$kv" ns capacity site 10MB
expect 64 'say --yes' "$kv" ns drop site

# Keys
expect 0 '^created version [0-9]+$' "$kv" put site a one
expect 0 '^replaced version' "$kv" put site a two
same two "$("$kv" get site a)" 'get after put'
expect 1 'no key b' "$kv" get site b
expect 3 'KV_VERSION_MISMATCH' "$kv" put site a three --if-absent
expect 3 'KV_VERSION_MISMATCH' "$kv" put site a three --if-version 999999
version=$("$kv" show site a | awk '$1 == "version" { print $2 }')
expect 0 '^replaced' "$kv" put site a three --if-version "$version"
expect 0 '^created' "$kv" put site if-0 x --if-version 0
expect 0 '^created' "$kv" put site dash -- -5
same -5 "$("$kv" get site dash)" 'a value that begins with a dash'
head -c 300000 /dev/urandom >"$dir/binary"
expect 0 '^created' "$kv" put site binary --file "$dir/binary"
"$kv" get site binary | cmp - "$dir/binary" || failures=$((failures + 1))
"$kv" put site stdin - <"$dir/binary" >/dev/null
"$kv" get site stdin | cmp - "$dir/binary" || failures=$((failures + 1))
expect 0 '^created' "$kv" put site empty ''
same 0 "$("$kv" get site empty | wc -c)" 'an empty value'
expect 64 'give a VALUE' "$kv" put site c
expect 4 'cannot open .*none' "$kv" put site c --file "$dir/none"
expect 3 'KV_KEY_MALFORMED' "$kv" put site 'a b' x
expect 3 'KV_KEY_TOO_LONG' "$kv" put site "$(printf 'k%.0s' $(seq 513))" x
expect 3 'KV_EXPIRY_INVALID' "$kv" put site c x --ttl -5
expect 3 'KV_EXPIRY_INVALID' "$kv" put site c x --expires 2001-01-01
expect 64 'takes a time' "$kv" put site c x --expires 2030-02-30
expect 3 'KV_METADATA_TOO_LONG' "$kv" put site c x --metadata "$(printf 'm%.0s' $(seq 1025))"
head -c 2000001 /dev/zero >"$dir/large"
expect 3 'raise it with --value-max' "$kv" put site large --file "$dir/large"
expect 0 '^created' "$kv" put site large --file "$dir/large" --value-max 3MB
"$kv" get site large | cmp - "$dir/large" || failures=$((failures + 1))

# Deadlines and metadata
expect 0 'expires 2' "$kv" put site ttl x --ttl 1h --metadata 'text/html'
expect 0 '^metadata +text/html' "$kv" show site ttl
expect 0 '^expires +.*, in 60 min|^expires +.*, in 59 min' "$kv" show site ttl
expect 0 'expires 2031-12-31T23:59:59Z' "$kv" touch site ttl --expires 2031-12-31T23:59:59Z
expect 0 '^metadata +text/html' "$kv" show site ttl
expect 0 '' "$kv" touch site ttl --permanent
expect 0 '^expires +never' "$kv" show site ttl
expect 1 'no key none' "$kv" touch site none --ttl 5
expect 64 'give --ttl' "$kv" touch site ttl
expect 0 '' "$kv" put site soon x --ttl 1
sleep 1.1
expect 1 'no key soon' "$kv" get site soon
expect 0 '^removed' "$kv" sweep

# Lists
for i in 1 2 3 4 5; do "$kv" put site "p/$i" "$i" >/dev/null; done
same 'p/1 p/2 p/3 p/4 p/5' "$("$kv" list site --prefix p/ | xargs)" 'list by prefix'
same 'p/3 p/4' "$("$kv" list site --prefix p/ --after p/2 --limit 2 | xargs)" 'list after, limit'
same 'p/5 p/4' "$("$kv" list site --prefix p/ --reverse --limit 2 | xargs)" 'list reverse'
same '' "$("$kv" list site --prefix none)" 'an empty list'
same 5 "$("$kv" count site --prefix p/)" 'count by prefix'
expect 0 '^ +1 B +1 B .* p/1$' "$kv" list site --prefix p/ --long
expect 3 'KV_KEY_MALFORMED' "$kv" list site --prefix 'a b'
if command -v python3 >/dev/null; then
    same 'p/1 1' "$("$kv" list site --prefix p/ --json |
        python3 -c 'import json, sys; a = json.load(sys.stdin); print(a[0]["Key"], a[0]["Size"])')" \
        'list as JSON'
    same '[]' "$("$kv" list site --prefix none --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin))')" 'an empty list as JSON'
fi

# Deleting
expect 0 '^deleted 1, absent 1$' "$kv" del site p/1 p/1
expect 64 'say --yes' "$kv" del site --prefix p/
expect 64 'give keys' "$kv" del site
expect 0 '^deleted 4$' "$kv" del site --prefix p/ --yes
expect 2 'KV_KEY_MALFORMED' "$kv" del site 'a b' dash
expect 1 '' "$kv" get site dash

# Changes and statistics
expect 0 'ns-create .*Site' "$kv" changes
last=$("$kv" stat --json | sed -n 's/.*"store_sequence": *\([0-9]*\).*/\1/p')
expect 0 '^created' "$kv" put site watched xyz
expect 0 '"Kind":"put","Namespace":"Site","Key":"watched","Size":3' "$kv" changes --after "$last" --json
expect 3 'kv changes --after' "$kv" changes --after 99999999
timeout -s INT 20 "$kv" changes --after "$last" --follow >"$dir/follow" &
follower=$!
for _ in $(seq 100); do
    "$kv" put site followed "$RANDOM" >/dev/null
    grep -q followed "$dir/follow" && break
    sleep 0.05
done
kill -INT "$follower" 2>/dev/null
wait "$follower"
grep -q followed "$dir/follow" || { echo 'FAILED: changes --follow showed nothing'; failures=$((failures + 1)); }
expect 0 '^Change log' "$kv" stat
expect 0 '^# HELP' "$kv" stat --prometheus

# Output that cannot be written is no success
expect 4 'cannot write the output' bash -c '"$0" list site >/dev/full' "$kv"
expect 0 '^key' bash -c '{ "$0" get site large; echo "exit $?" >&2; } | head -c 1; echo key' "$kv"

# Dropping and sealing
expect 0 'dropped Site' "$kv" ns drop site --yes
expect 3 'no namespace site' "$kv" get site a
expect 0 '' "$kv" ns create site
expect 1 'no key a' "$kv" get site a
expect 0 '' "$kv" put site a sealed
expect 0 '^sealed' "$kv" seal
expect 3 'KV_READ_ONLY' "$kv" put site a two
chmod -R a-w "$dir/store"
same sealed "$("$kv" get site a)" 'get from a sealed store'

[ "$failures" = 0 ] || echo "$failures failed"
[ "$failures" = 0 ]
