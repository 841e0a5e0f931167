#!/usr/bin/env bash
# kv: single keys, deadlines and metadata, lists, deletes. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init --map-size 64MiB >/dev/null && "$kv" ns create site >/dev/null || exit 1

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
expect 0 '^created' "$kv" put site if-absent x --if-absent
expect 0 '^created' "$kv" put site dash -- -5
same -5 "$("$kv" get site dash)" 'a value that begins with a dash'
head -c 300000 /dev/urandom >"$dir/binary"
expect 0 '^created' "$kv" put site binary --file "$dir/binary"
"$kv" get site binary | cmp - "$dir/binary" || failed 'a value from a file'
"$kv" put site stdin - <"$dir/binary" >/dev/null
"$kv" get site stdin | cmp - "$dir/binary" || failed 'a value from standard input'
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
"$kv" get site large | cmp - "$dir/large" || failed 'a large value'

# Deadlines and metadata
expect 0 'expires 2' "$kv" put site ttl x --ttl 1h --metadata 'text/html'
expect 0 '^metadata +text/html' "$kv" show site ttl
expect 0 '^expires +.*, in 60 min|^expires +.*, in 59 min' "$kv" show site ttl
expect 0 'expires 2031-12-31T23:59:59Z' "$kv" touch site ttl --expires 2031-12-31T23:59:59Z
expect 0 'expires 2031-12-31T23:59:00Z' "$kv" touch site ttl --expires 2031-12-31T23:59
expect 0 '^metadata +text/html' "$kv" show site ttl
expect 0 'expires 2' "$kv" touch site ttl --ttl 2h
expect 0 '^expires +.*, in 2 h|^expires +.*, in 119 min' "$kv" show site ttl
expect 0 '' "$kv" touch site ttl --permanent
expect 0 '^expires +never' "$kv" show site ttl
expect 1 'no key none' "$kv" touch site none --ttl 5
expect 64 'give --ttl' "$kv" touch site ttl
expect 64 'give --ttl' "$kv" touch site ttl --ttl 5 --permanent
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
same '[ {"Key":"p/1","Size":1,"StoredSize":1,"Version":N,"Updated":N}, {"Key":"p/2","Size":1,"StoredSize":1,"Version":N,"Updated":N} ]' \
    "$("$kv" list site --prefix p/ --limit 2 --json | tr '\n' ' ' |
        sed -E 's/("Version"|"Updated"):[0-9]+/\1:N/g; s/ $//')" 'list as JSON'
same '[ ]' "$("$kv" list site --prefix none --json | tr '\n' ' ' | sed 's/ $//')" 'an empty list as JSON'

# What could drive a terminal comes out as it is, but not to a terminal
expect 0 '' "$kv" put site $'c1/\xc2\x9b31m' x
same $'c1/\xc2\x9b31m' "$("$kv" list site --prefix c1/)" 'a control character in a pipe'
if has_terminal 'control characters on a terminal'; then
    same 'c1/\xc2\x9b31m' "$(on_terminal '' "$kv" list site --prefix c1/ | grep c1)" \
        'a control character on a terminal'
fi

# Deleting
expect 0 '^deleted 1, absent 1$' "$kv" del site p/1 p/1
expect 64 'say --yes' "$kv" del site --prefix p/ </dev/null
expect 64 'give keys' "$kv" del site
if has_terminal 'answers to "delete?"'; then
    expect 3 "begin with 'p/'\\? \\[y/N\\]" on_terminal n "$kv" del site --prefix p/
    same 4 "$("$kv" count site --prefix p/)" 'count after a no'
    expect 0 'deleted 4$' on_terminal yes "$kv" del site --prefix p/
else
    expect 0 '^deleted 4$' "$kv" del site --prefix p/ --yes
fi
expect 0 '^deleted 1$' "$kv" del site --prefix c1/ --yes
expect 2 'KV_KEY_MALFORMED' "$kv" del site 'a b' dash
expect 1 '' "$kv" get site dash

finish
