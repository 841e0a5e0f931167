#!/usr/bin/env bash
# kv: help, the store and its settings, namespaces, sealing. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

# Help and usage
expect 0 '^kv [0-9.]+ \(libkv [0-9.]+\)' "$kv" --version
expect 0 'batch-put' "$kv" help
expect 0 'kv --version' "$kv" help
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
expect 3 'KV_INVALID' "$kv" init --map-size 1MB
expect 0 '^made a store' "$kv" init --map-size 64MiB --capacity 5MB --changes-age 7d
expect 3 'there is a store at' "$kv" init
expect 0 '^file at most +64 MiB' "$kv" settings
expect 0 '^capacity +5.0 MB' "$kv" --store "$dir/store" settings
expect 0 '^capacity +6.0 MB' "$kv" settings --store="$dir/store" --capacity 6MB
expect 0 '^change log +the last 7 days' "$kv" settings
expect 0 '^change log +the newest 1.0 MB' "$kv" settings --changes-bytes 1MB
expect 0 '^change log +the last 7 days' "$kv" settings
expect 0 '^change log +off' "$kv" settings --changes-bytes 0 --changes-age 0
expect 0 '^change log +the last 7 days' "$kv" settings --changes-age 7d
expect 0 '^namespaces +at most 1' "$kv" settings --namespaces-max 1
expect 64 "takes a size" "$kv" settings --capacity much
expect 64 "unrecognized option '--map-size'" "$kv" settings --map-size 1GiB
expect 4 'cannot open' "$kv" --store "$dir/none/store" init

# Namespaces
expect 64 "a capacity is a size .* not '0'" "$kv" ns create Site --capacity 0
expect 0 'made namespace Site' "$kv" ns create Site --description 'the first' --capacity 3MB
expect 3 'KV_NAMESPACES_FULL' "$kv" ns create second
expect 0 '^namespaces +at most 1,024' "$kv" settings --namespaces-max 0
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

# Dropping asks, but only a terminal can answer
expect 0 '' "$kv" put site a one
expect 64 'say --yes' "$kv" ns drop site </dev/null
if has_terminal 'answers to "drop?"'; then
    expect 3 'drop Site \(keys: 1\)\? \[y/N\]' on_terminal n "$kv" ns drop site
    expect 3 'left as it is' on_terminal '' "$kv" ns drop site
    expect 0 '' "$kv" get site a
    expect 0 'dropped Site \(keys: 1\)' on_terminal y "$kv" ns drop site
else
    expect 0 'dropped Site' "$kv" ns drop site --yes
fi
expect 3 'no namespace site' "$kv" get site a
expect 0 '' "$kv" ns create site
expect 1 'no key a' "$kv" get site a
expect 0 'dropped site' "$kv" ns drop site --yes
expect 0 '' "$kv" ns create site

# Sealing
expect 0 '' "$kv" put site a sealed
expect 0 '^sealed' "$kv" seal
expect 3 'KV_READ_ONLY' "$kv" put site a two
chmod -R a-w "$dir/store"
same sealed "$("$kv" get site a)" 'get from a sealed store'
[ "$(id -u)" != 0 ] || echo 'SKIP: a sealed store that is read-only by its mode: root may write it'

finish
