#!/usr/bin/env bash
# kv on a full store: what is in it can be deleted, all of it. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

# fill SIZE: put values of that size under old/, again and again, until nothing more goes in.
fill() {
    local value round
    value=$(head -c "$1" /dev/urandom | base64 -w0 | head -c "$1")
    for round in 1 2 3 4 5 6 7 8 9; do
        seq 20000 | awk -v value="$value" -v round="$round" '{
            printf "{\"Key\":\"old/%s/%d\",\"Value\":\"%s\"}\n", round, $1 * 7919 % 20000, value }' |
            "$kv" import site - >"$dir/out" 2>"$dir/err"
        grep -q '^written 0 keys' "$dir/out" && return
    done
}
# with_commas NUMBER: as the command writes it.
with_commas() { sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta' <<<"$1"; }
# empty_it WHAT: delete what fill() put there, and one key by name.
empty_it() {
    local count
    count=$("$kv" count site)
    [ "$count" -gt 1000 ] || failed "$1: only $count keys went in"
    expect 0 "^deleted $(with_commas "$count")\$" "$kv" del site --prefix old/ --yes
    same 0 "$("$kv" count site)" "$1: keys left"
    expect 0 '^created' "$kv" put site again x
}
for size in 50 200 1000; do
    rm -rf "$KV_STORE"
    "$kv" init --map-size 8MiB >/dev/null && "$kv" ns create site >/dev/null || exit 1
    fill "$size"
    empty_it "at the cap, values of $size bytes"
done

# Where a reader keeps the old pages, that is said, and not that keys should be deleted. Deleting goes as far
# as it can, and on when the reader is gone.
rm -rf "$KV_STORE"
"$kv" init --map-size 8MiB >/dev/null && "$kv" ns create site >/dev/null || exit 1
seq 3000 | sed 's/.*/{"Key":"first\/&","Value":"x"}/' | "$kv" import site - >/dev/null
mkfifo "$dir/pipe"
hold() { # It has its snapshot when its first line is here, and nobody takes the rest.
    "$kv" list site --json >"$dir/pipe" &
    reader=$!
    exec 8<"$dir/pipe"
    read -r _ <&8
}
let_go() {
    exec 8<&-
    wait "$reader"
}
behind='a reader is [0-9]+ transactions behind'
hold
fill 1000
cat "$dir/out" "$dir/err" | grep -qE "$behind" || failed "the reader is not told of: $(tail -n 5 "$dir/out")"
let_go
fill 1000
count=$("$kv" count site)
hold
"$kv" del site --prefix old/ --yes >"$dir/out" 2>"$dir/err"
code=$?
left=$("$kv" count site --prefix old/)
grep -q "^deleted $(with_commas $((count - 3000 - left)))\$" "$dir/out" ||
    failed "of $((count - 3000)) keys $left are left, and it said: $(cat "$dir/out")"
if [ "$left" = 0 ]; then
    same 0 "$code" 'exit status of a del that did all'
else
    same 4 "$code" 'exit status of a del that stopped'
    grep -qE "$behind" "$dir/err" || failed "the reader is not told of: $(cat "$dir/err")"
fi
let_go
expect 0 "^deleted $(with_commas "$left")\$" "$kv" del site --prefix old/ --yes
same 3000 "$("$kv" count site)" 'keys left behind a reader'

# A disk that is full
mkdir "$dir/disk"
if mount -t tmpfs -o size=20M tmpfs "$dir/disk" 2>/dev/null; then
    trap 'umount "$dir/disk"; rm -rf "$dir"' EXIT
    KV_STORE=$dir/disk/store
    "$kv" init >/dev/null && "$kv" ns create site >/dev/null || exit 1
    fill 200
    grep -q KV_DISK_FULL "$dir/out" "$dir/err" || failed "the disk did not get full: $(cat "$dir/out")"
    empty_it 'on a full disk'
else
    echo 'SKIP: no file system can be mounted here, so no disk gets full'
fi

finish
