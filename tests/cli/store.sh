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
expect 64 'needs a bound, by size or by age; --no-changes' "$kv" settings --changes-bytes 0 --changes-age 0
expect 64 'goes without' "$kv" settings --no-changes --changes-age 1d
expect 0 '^change log +the last 7 days' "$kv" settings
expect 0 '^change log +off' "$kv" settings --no-changes
expect 64 'needs a bound' "$kv" settings --changes-age 0
expect 0 '^change log +off' "$kv" settings --capacity 6MB
expect 0 '^change log +the last 7 days' "$kv" settings --changes-age 7d
expect 0 '^namespaces +at most 1' "$kv" settings --namespaces-max 1
expect 64 "takes a size" "$kv" settings --capacity much
expect 64 "unrecognized option '--map-size'" "$kv" settings --map-size 1GiB
expect 64 'needs a bound' "$kv" --store "$dir/other" init --changes-bytes 0
expect 0 '^change log +off' "$kv" --store "$dir/other" init --no-changes
expect 0 '^change log +the newest 64 MiB' "$kv" --store "$dir/third" init --changes-age 7d
mkdir "$dir/full" && echo mine >"$dir/full/notes.txt"
expect 3 'holds notes.txt, which is not part of a store: use an empty' "$kv" --store "$dir/full" init
same notes.txt "$(ls -A "$dir/full")" 'what init left in a directory of others'
expect 4 'cannot make a store at .*none/store' "$kv" --store "$dir/none/store" init

# Permissions, whatever the umask
modes() { find "$1" -printf '%y%m\n' | sort -u | paste -sd' '; }
for mode in 0600 0640 0660 0666; do
    store=$dir/mode$mode
    (umask 077 && "$kv" --store "$store" init --mode $mode >/dev/null) || failed "init --mode $mode"
    same "$(printf 'd%o f%o' $((mode | (mode & 0444) >> 2)) $((mode)))" "$(modes "$store")" "modes of init --mode $mode"
done
mkdir -m 700 "$dir/there" && "$kv" --store "$dir/there" init --mode 0644 >/dev/null
same 'd755 f644' "$(modes "$dir/there")" 'modes of a directory that was there'
expect 0 '^sealed' "$kv" --store "$dir/there" seal --mode 0440
same 'd550 f440' "$(modes "$dir/there")" 'modes of a sealed store'
expect 0 '^sealed' "$kv" --store "$dir/there" seal --mode 0444
same 'd555 f444' "$(modes "$dir/there")" 'modes of a store that was sealed before'
for mode in '' 8 0400 0200 01640 rw- 00000640; do
    expect 64 'mode takes permissions in octal' "$kv" --store "$dir/unmade" init --mode "$mode"
done
expect 64 'mode takes permissions in octal' "$kv" --store "$dir/there" seal --mode 0044
[ ! -e "$dir/unmade" ] || failed 'init with a bad mode made something'

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
if command -v script >/dev/null; then
    expect 3 'drop Site \(keys: 1\)\? \[y/N\]' on_terminal n "$kv" ns drop site
    expect 3 'left as it is' on_terminal '' "$kv" ns drop site
    expect 0 '' "$kv" get site a
    expect 0 'dropped Site \(keys: 1\)' on_terminal y "$kv" ns drop site
else
    echo 'SKIP: no script(1), so nobody answers the questions'
    expect 0 'dropped Site' "$kv" ns drop site --yes
fi
expect 3 'no namespace site' "$kv" get site a
expect 0 '' "$kv" ns create site
expect 1 'no key a' "$kv" get site a
expect 0 'dropped site' "$kv" ns drop site --yes
expect 0 '' "$kv" ns create site

# Where the file's bytes are: parts that add up
bytes() { sed -nE "s/^  $1 +[0-9.]+ [kKMGi]*B +([0-9,]+).*/\1/p" "$dir/out" | tr -d ,; }
adds_up() {
    local used free ahead size
    expect 0 '^File$' "$kv" stat
    used=$(bytes used) free=$(bytes free) ahead=$(bytes preallocated) size=$(bytes size)
    same "$size" "$((used + free + ahead))" "$1: used $used, free $free and preallocated $ahead"
    same "$size" "$(stat -c %s "$KV_STORE"/g-*/data.mdb)" "$1: the file's size"
}
head -c 1000000 /dev/urandom >"$dir/noise"
expect 0 '' "$kv" put site noise --file "$dir/noise"
expect 0 '' "$kv" del site noise
expect 0 '' "$kv" put site a x
adds_up 'a store'
[ "$(bytes preallocated)" -gt 0 ] || failed 'nothing is preallocated'
[ "$(bytes free)" -gt 900000 ] || failed 'a deleted value is not free'

# Sealing
expect 0 '' "$kv" put site a sealed
expect 0 '' "$kv" ns create dropped && expect 0 '' "$kv" put dropped a b
expect 0 'dropped' "$kv" ns drop dropped --yes
expect 0 '^sealed' "$kv" seal
expect 3 'KV_READ_ONLY' "$kv" put site a two
adds_up 'a sealed store'
same 0 "$(bytes preallocated)" 'preallocated bytes of a sealed store'
expect 0 'still to be reclaimed$' "$kv" stat
expect_not 'kv sweep|for new data|at most'
expect 3 'no namespace none in .*, which is sealed$' "$kv" get none a
expect_not 'ns create'
chmod -R a-w "$dir/store"
same sealed "$("$kv" get site a)" 'get from a sealed store'
[ "$(id -u)" != 0 ] || echo 'SKIP: for root no store is read-only by its mode'

finish
