#!/usr/bin/env bash
# kv: single keys, deadlines and metadata, lists, deletes. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init --map-size 64MiB >/dev/null && "$kv" ns create site >/dev/null || exit 1

# Keys
expect 0 '^created version [0-9]+$' "$kv" put site a one
expect 0 '^replaced version' "$kv" put site a two
same two "$("$kv" get site a)" 'get after put'
expect 1 'no key b' "$kv" get site b
expect 3 'KV_KEY_EXISTS' "$kv" put site a three --if-absent
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

expect 0 '^usage: kv put' "$kv" put -h
expect 0 '^usage: kv put' "$kv" --help put

# Numbers
same 5 "$("$kv" add site visits 5)" 'add to nothing'
same 3 "$("$kv" add site visits -- -2)" 'add less than nothing'
same 3 "$("$kv" get site visits)" 'get after add'
expect 0 '^9223372036854775807$' "$kv" add site most 9223372036854775807
expect 3 'KV_NOT_A_NUMBER' "$kv" add site most 1
expect 0 '^-9223372036854775808$' "$kv" add site least -- -9223372036854775808
expect 3 'at most 20 bytes' "$kv" add site a 1
same three "$("$kv" get site a)" 'get after an addition that failed'
expect 64 'whole number' "$kv" add site visits 1.5
expect 64 'whole number' "$kv" add site visits 9223372036854775808
expect 64 'whole number' "$kv" add site visits ''
expect 64 'argument is missing' "$kv" add site visits
expect 0 '^4$' "$kv" add site visits 1 --ttl 1h
expect 0 '^expires +.*, in ' "$kv" show site visits
expect 0 '^5$' "$kv" add site visits 1
expect 0 '^expires +.*, in ' "$kv" show site visits
# Keeping the deadline and the metadata
"$kv" put site kept one --expires 2031-12-31T23:59:59Z --metadata note >/dev/null || exit 1
expect 0 '^replaced .* expires 2031-12-31T23:59:59Z' "$kv" put site kept two --keep-ttl --keep-metadata
expect 0 '^metadata +note' "$kv" show site kept
same two "$("$kv" get site kept)" 'a value that keeps the rest'
expect 0 '^replaced .* expires 2031' "$kv" put site kept three --keep-ttl
expect 0 '^expires +2031' "$kv" show site kept
expect_not '^metadata'
expect 0 '^replaced' "$kv" put site kept four --metadata other
expect 0 '^replaced .*, expires 2' "$kv" put site kept five --keep-metadata --ttl 1h
expect 0 '^metadata +other' "$kv" show site kept
expect 0 '^created' "$kv" put site kept-none x --keep-ttl --keep-metadata
expect 0 '^expires +never' "$kv" show site kept-none
version=$("$kv" show site kept | awk '$1 == "version" { print $2 }')
expect 3 'KV_VERSION_MISMATCH' "$kv" put site kept six --keep-ttl --if-version 1
expect 3 'KV_VERSION_MISMATCH' "$kv" put site kept six --keep-ttl --if-version 0
same five "$("$kv" get site kept)" 'a condition that did not hold'
expect 0 '^replaced' "$kv" put site kept six --keep-ttl --if-version "$version"
for options in '--keep-ttl --ttl 5' '--keep-ttl --expires 2031-12-31' '--keep-metadata --metadata m' \
    '--keep-ttl --if-absent'; do
    # shellcheck disable=SC2086
    expect 64 'keep' "$kv" put site kept x $options
done
# A large value takes time to prepare: meanwhile others write the key, again and again.
head -c 20000000 /dev/zero >"$dir/zeros"
for _ in $(seq 100); do "$kv" put site kept x --metadata mine --expires 2031-12-31; done >/dev/null &
expect 0 '^replaced' "$kv" put site kept --file "$dir/zeros" --value-max 25MiB --keep-ttl --keep-metadata
wait $! || failed 'put beside put --keep-ttl'
expect 0 '^replaced .*expires 2031' "$kv" put site kept six --keep-ttl --keep-metadata
expect 0 '^expires +2031-12-31' "$kv" show site kept
expect 0 '^metadata +mine' "$kv" show site kept
"$kv" del site kept kept-none >/dev/null

# Several values, and values as JSON
"$kv" put site m1 $'a line\n' --metadata note --expires 2031-12-31 >/dev/null
"$kv" put site m2 'no line feed' >/dev/null
"$kv" put site m3 - <<<$'\xff\xfe' >/dev/null
same $'==> m1 <==\na line\n\n==> m2 <==\nno line feed\n\n==> m1 <==\na line' "$("$kv" get site m1 m2 m1)" \
    'several values'
expect 1 'no key none' "$kv" get site m1 none m2
grep -q 'no line feed' "$dir/out" || failed 'a value behind an absent key is not written'
same $'a line\nno line feed' "$("$kv" get site m1 m2 --raw)" 'several values, raw'
expect 3 'KV_KEY_MALFORMED' "$kv" get site m1 'a b' none
expect 64 'not both' "$kv" get site m1 --raw --json
same '{"Key":"m1","Size":7,"StoredSize":7,"Version":N,"Updated":N,"Expiration":1956441600,"Metadata":"note","Value":"a line\n"}
{"Key":"m3","Size":3,"StoredSize":3,"Version":N,"Updated":N,"Value":"//4K","Base64":true}' \
    "$("$kv" get site m1 m3 --json | sed -E 's/("Version"|"Updated"):[0-9]+/\1:N/g')" 'values as JSON'
same '{"Key":"m1","Size":7,"StoredSize":7,"Version":N,"Updated":N,"Expiration":1956441600,"Metadata":"note"}' \
    "$("$kv" show site m1 --json | sed -E 's/("Version"|"Updated"):[0-9]+/\1:N/g')" 'show as JSON'
"$kv" ns create back >/dev/null && "$kv" get site m1 m2 m3 --json | "$kv" import back - >/dev/null
same "$("$kv" get site m1 m2 m3 --raw | cksum)" "$("$kv" get back m1 m2 m3 --raw | cksum)" 'get --json, imported'
expect 0 '^metadata +note' "$kv" show back m1

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
    "$kv" put site c1/value $'\tred\r\n\x1b[31m\xff\xc2\x9b\rover \xc3\xa9' >/dev/null
    same $'\tred\n\\x1b[31m\\xff\\xc2\\x9b\\x0dover é' "$(on_terminal '' "$kv" get site c1/value | tail -n 2)" \
        'a value on a terminal'
    same $'\x1b[31m\xff\xc2\x9bover é' "$(on_terminal '' "$kv" get site c1/value --raw | tail -n 1)" \
        'a raw value on a terminal'
    same $'\\x1b[31m\\xff\\xc2\\x9b\\x0dover é' \
        "$(on_terminal '' "$kv" get site c1/value m2 | sed -n '/==> c1/,/==> m2/p' | sed -n 3p)" \
        'several values on a terminal'
fi

# Searching
for key in img/a.png img/b.PNG img/deep/c.png 'img/[x].png' img/é.png readme; do "$kv" put site "$key" x; done >/dev/null
# found WANTED ARGUMENT...: the keys that are found.
found() { same "$1" "$("$kv" search site "${@:2}" | xargs)" "search ${*:2}"; }
found 'img/[x].png img/a.png img/deep/c.png img/é.png' 'img/*.png'
found 'img/[x].png img/a.png img/b.PNG img/deep/c.png img/é.png' 'IMG/*.png' -i
found 'img/a.png img/é.png' 'img/?.png'
found 'img/a.png' 'img/[abc].png'
found 'img/[x].png' 'img/\[x\].png'
found 'readme' '*README*' --ignore-case
found 'img/[x].png' 'img/*' --limit 1
found '' 'mg/*'
code=0
"$kv" search site readm || code=$?
same 1 "$code" 'exit status of a search that finds nothing'
expect 0 '^ +1 B .* img/deep/c.png' "$kv" search site '*deep*' --long
expect 0 '^\{"Key":"img/deep/c.png","Size":1,.*\}$' "$kv" search site '*deep*' --json
expect 64 'argument is missing' "$kv" search site

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
expect 0 '^deleted [12]$' "$kv" del site --prefix c1/ --yes
expect 2 'KV_KEY_MALFORMED' "$kv" del site 'a b' dash
expect 1 '' "$kv" get site dash

finish
