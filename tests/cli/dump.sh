#!/usr/bin/env bash
# kv: a whole store out and in again, and what goes wrong on the way. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

# store NAME COMMAND...: the command on another store.
store() { "$kv" --store "$dir/$1" "${@:2}"; }
# facts NAME: all that a dump must carry over: namespaces in order, and what is in them.
facts() {
    local name
    store "$1" digest --all
    for name in $(store "$1" ns ls | awk 'NR > 1 { print $1 }'); do
        store "$1" ns show "$name" | grep -E '^(namespace|description|keys|used)'
    done
}

# A store with text, bytes, metadata of both kinds, deadlines, a large value, and an empty namespace
store a init >/dev/null
store a ns create site --capacity 5MB --description 'the first, "quoted"' >/dev/null
store a ns create Empty --capacity unlimited >/dev/null
store a ns create binary --description $'not \xff UTF-8' >/dev/null
store a ns create large --capacity 18446744073709551614 >/dev/null
head -c 3000 /dev/urandom >"$dir/bytes"
head -c 3000000 /dev/urandom >"$dir/large"
store a put site text 'value "é"' --metadata text/plain >/dev/null
store a put site until 2032 --expires 2032-01-01 --metadata $'\xc3(' >/dev/null
store a put binary bytes --file "$dir/bytes" >/dev/null
store a put binary zero --file /dev/null >/dev/null
store a put large it --file "$dir/large" --value-max 25MiB >/dev/null
seq 32000 | sed 's/.*/{"Key":"many\/&","Value":"value of &"}/' | store a import site - >/dev/null
store a export --all >"$dir/dump" || failed 'an export of a whole store'
same 4 "$(grep -c '^{"Namespace":' "$dir/dump")" 'lines of namespaces'
same '{"Namespace":"site","Capacity":5000000,"Description":"the first, \"quoted\""}' \
    "$(head -n 1 "$dir/dump")" 'the line of a namespace'
grep -qx '{"Namespace":"Empty","Capacity":"unlimited"}' "$dir/dump" || failed 'an empty namespace'

store b init >/dev/null
expect 0 '^namespaces 4, of which 4 were made$' store b import --all "$dir/dump"
same "$(facts a)" "$(facts b)" 'a store that was imported'
store b export --all | cmp - "$dir/dump" || failed 'an export of the copy'
same "$(printf 'not \xff UTF-8')" "$(store b export --all | grep -a '"binary"' |
    sed -E 's/.*"Description":"([^"]*)","DescriptionBase64":true.*/\1/' | base64 -d)" 'a description that is not UTF-8'

# Once more changes nothing, and into a store with other things in it they stay
expect 0 '^namespaces 4, of which 0 were made$' store b import --all - <"$dir/dump"
same "$(facts a)" "$(facts b)" 'a store that was imported twice'
store c init >/dev/null && store c ns create other >/dev/null && store c put other a b >/dev/null
store c ns create SITE --capacity 100MB >/dev/null && store c put SITE own x >/dev/null
expect 0 'namespace site is there already and keeps its capacity' store c import --all "$dir/dump"
grep -q 'keeps its description' "$dir/err" || failed 'another description is not told of'
same x "$(store c get site own)" 'a key that was there'
same b "$(store c get other a)" 'a namespace that was there'
same 'value "é"' "$(store c get site text)" 'a key of the dump'

# Parts of it
same '{"Namespace":"large","Capacity":"18446744073709551614"}' "$(store a export --all --prefix many/1199 |
    tail -n 1)" 'the last line of an export with a prefix'
store d init >/dev/null
expect 0 '^written 11 keys' store d import --all --prefix many/1199 "$dir/dump"
same "$(store a export --all --prefix many/1199)" "$(store d export --all)" 'an import with a prefix'

# Usage
expect 64 'argument is missing' store a import site
expect 64 'too many arguments' store a import --all site "$dir/dump"
expect 64 'takes a file' store a import --all "$dir"
expect 64 'too many arguments' store a export --all site
expect 64 'argument is missing' store a export

# Lines at fault: each with its number, and no pair goes to the wrong namespace
expect 3 "dump, line 1: a namespace: dumps of whole stores are read with --all" store a import site "$dir/dump"
cat >"$dir/faulty" <<'END'
{"Key":"lost","Value":"1"}
{"Namespace":"one","Capacity":1000000}
{"Key":"a","Value":"1"}
{"Namespace":"two words","Capacity":1000000}
{"Key":"b","Value":"1"}
{"Namespace":"three","Capacity":-1}
{"Namespace":"four","Capacity":"much"}
{"Namespace":"five"}
{"Namespace":"six","Capacity":1,"Description":7}
{"Key":"c","Value":"1"}
{"Namespace":"seven","Capacity":"unlimited"}
{"Key":"d","Value":"1"}
{"Key":"e"}
END
store e init >/dev/null
expect 3 'faulty, line 1: the line of a namespace must be before it' store e import --all "$dir/faulty"
same '' "$(store e digest --all)" 'namespaces after a bad first line'
expect 3 "standard input, line 3: Namespace is no name" store e import --all - < <(sed 1d "$dir/faulty")
same 1 "$(store e get one a)" 'the lines before a bad one'
expect 2 '^  9  BAD_LINE' store e import --all --keep-going "$dir/faulty"
expect 2 '^namespaces 2, of which 0 were made$' store e import --all --keep-going "$dir/faulty"
same $'one\nseven' "$(store e ns ls | awk 'NR > 1 { print $1 }')" 'namespaces among bad lines'
same '{"Key":"d","Value":"1"}' "$(store e export seven)" 'a namespace among bad lines'
same '{"Key":"a","Value":"1"}' "$(store e export one)" 'the other namespace'

# Where there is no room for another namespace, and where one is full
store f init --namespaces-max 1 >/dev/null
expect 3 'namespaces-max' store f import --all "$dir/dump"
same 32002 "$(store f count site)" 'what was before the namespace that found no room'
sed 's/"Capacity":5000000/"Capacity":50000/' "$dir/dump" >"$dir/narrow"
store g init >/dev/null
expect 3 'stopped at line [0-9,]+, byte [0-9,]+ of [0-9,]+: of the last [0-9,]+ keys none found room' \
    store g import --all "$dir/narrow"
store g ns capacity site 5MB >/dev/null
expect 0 'keeps its capacity' store g import --all "$dir/narrow"
same "$(store a digest --all)" "$(store g digest --all)" 'an import that was run again with more room'

# A full store
store h init --map-size 8MiB >/dev/null
seq 400000 | sed 's/.*/{"Key":"fill\/&","Value":"0123456789012345678901234567890123456789"}/' >"$dir/fill"
(echo '{"Namespace":"fill","Capacity":"unlimited"}' && cat "$dir/fill") >"$dir/filled"
expect 4 'stopped at line [0-9,]+, .*\(KV_STORE_FULL\)|a batch of [0-9]+ keys, read up to line' \
    store h import --all "$dir/filled"
expect_not 'line ([0-9,]+).* line \1'
[ "$(sed -n 's/^failed \([0-9,]*\) keys/\1/p' "$dir/out" | tr -d ,)" -lt 200000 ] ||
    failed "a full store was tried on: $(cat "$dir/out")"

# A full disk
mkdir "$dir/disk"
if mount -t tmpfs -o size=8M tmpfs "$dir/disk" 2>/dev/null; then
    trap 'umount "$dir/disk"; rm -rf "$dir"' EXIT
    store disk/store init >/dev/null
    expect 4 'stopped at line [0-9,]+, byte [0-9,]+ of |read up to line' store disk/store import --all "$dir/filled"
    grep -q KV_DISK_FULL "$dir/err" || failed "the disk did not get full: $(cat "$dir/err")"
else
    echo 'SKIP: no file system can be mounted here, so no disk gets full'
fi
store a export --all >/dev/full 2>"$dir/err" && failed 'an export to a full disk exits 0'
grep -q 'cannot write the output' "$dir/err" || failed "a full disk is not told of: $(cat "$dir/err")"

finish
