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
expect 64 "no subcommand 'ptu': did you mean kv put\\?" "$kv" ptu
expect 64 "no subcommand 'batchput': did you mean kv batch-put\\?" "$kv" batchput
expect 64 "no subcommand 'ls': did you mean kv list\\?" "$kv" ls
expect 64 "no subcommand 'ns crate': did you mean kv ns create\\?" "$kv" ns crate
expect 64 "no subcommand 'ns list': did you mean kv ns ls\\?" "$kv" ns list
expect 64 "no subcommand 'exprt': did you mean kv export\\?" "$kv" help exprt
expect 64 "no subcommand 'qqqqq': kv help shows all" "$kv" qqqqq
expect 64 'did you mean --metadata\?' "$kv" put site a b --metdata=x
expect 64 'did you mean --read-only\?' "$kv" put site a b --readonly
expect 64 "unrecognized option '--qqq'" "$kv" put site a b --qqq
expect_not 'did you mean'
for name in $("$kv" help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'); do
    expect 0 '^Example|Example:' "$kv" "$name" --help
done

# The store
expect 4 "no store at $dir/store: make one with: kv --store $dir/store init" "$kv" get site a
expect 64 '8MiB to 64TiB' "$kv" init --map-size 1MB
expect 0 '^made a store' "$kv" init --map-size 64MiB --capacity 5MB --changes-age 7d
expect 3 'there is a store at' "$kv" init
expect 0 '^file at most +64 MiB' "$kv" settings
expect 0 '^capacity +5.0 MB' "$kv" --store "$dir/store" settings
expect 0 '^capacity +6.0 MB' "$kv" settings --store="$dir/store" --capacity 6MB
expect 0 '^change log +the last 7 days' "$kv" settings
expect 0 '^change log +the last 7 days, and at most 1.0 MB of it' "$kv" settings --changes-bytes 1MB
expect 0 '^change log +the last 7 days' "$kv" settings
expect 64 'needs a bound, by size or by age; --no-changes' "$kv" settings --changes-bytes 0 --changes-age 0
expect 64 'excludes' "$kv" settings --no-changes --changes-age 1d
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
expect 0 '^change log +the last 7 days, and at most 64 MiB of it' "$kv" --store "$dir/third" init --changes-age 7d
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

same '{"MapSizeMax":67108864,"Capacity":6000000,"Changes":true,"ChangesBytesMax":0,"ChangesAgeMax":604800,"NamespacesMax":1}' \
    "$("$kv" settings --json)" 'settings as JSON'

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

same '{"Namespace":"Site","Id":1,"Description":"the first","Created":N,"Capacity":10000000,"Used":0,"Keys":0,"KeyBytes":0,"ValueBytes":0,"MetadataBytes":0,"StoredBytes":0}' \
    "$("$kv" ns show site --json | sed -E 's/("Created"):[0-9]+/\1:N/')" 'a namespace as JSON'
same "$("$kv" ns show site --json)" "$("$kv" ns ls --json)" 'all namespaces as JSON'
expect 0 '' "$kv" ns capacity site unlimited
expect 0 '"Capacity":null,' "$kv" ns ls --json
expect 0 '' "$kv" ns capacity site 10MB

# Renaming
"$kv" put site a one >/dev/null && "$kv" ns create taken >/dev/null || exit 1
expect 0 '^renamed site to other$' "$kv" ns rename site other
same one "$("$kv" get other a)" 'a key of a renamed namespace'
expect 1 'no namespace site' "$kv" ns rename site other
expect 3 'KV_NAMESPACE_EXISTS' "$kv" ns rename other TAKEN
expect 3 'KV_NAMESPACE_MALFORMED' "$kv" ns rename other 'a b'
expect 0 'ns-rename' "$kv" changes OTHER
expect 0 '' "$kv" ns rename Other site
expect 0 '' "$kv" ns rename site Site
expect 0 '^namespace +Site' "$kv" ns show site
"$kv" ns drop taken --yes >/dev/null

# --read-only refuses whatever would write, and nothing else
"$kv" put site a one >/dev/null
for command in 'put site a two' 'touch site a --ttl 5' 'del site a' 'edit site a' 'ns create new' 'ns drop site --yes' \
    'ns capacity site 1MB' 'ns rename site new' 'ns copy site new' 'settings --capacity 1MB' 'sweep' 'seal' 'import site -' \
    'batch-put site' 'batch-del site' 'init'; do
    # shellcheck disable=SC2086
    expect 3 'read-only forbids it: nothing was done' "$kv" --read-only $command <<<'[]'
done
expect 3 'read-only forbids' "$kv" --store "$dir/new" init --read-only
[ ! -e "$dir/new" ] || failed 'init --read-only made a store'
for command in 'get site a' 'show site a' 'list site' 'search site a' 'count site' 'du site' 'export site' \
    'digest site' 'stat' 'settings' 'changes' 'ns ls' 'ns show site'; do
    # shellcheck disable=SC2086
    expect 0 '' "$kv" $command --read-only
done
same one "$("$kv" get site a)" 'what --read-only left'
"$kv" del site a >/dev/null

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
[ "$(id -u)" != 0 ] || echo 'SKIP: a sealed store that is read-only by its mode: root may write it'

finish
