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
# statistic NAME
statistic() { "$kv" stat --json | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"; }
# empty_it WHAT: delete what fill() put there, and one key by name.
empty_it() {
    local before
    count=$("$kv" count site)
    [ "$count" -gt 1000 ] || failed "$1: only $count keys went in"
    before=$(statistic store_transaction)
    expect 0 "^deleted $(with_commas "$count")\$" "$kv" del site --prefix old/ --yes
    commits=$(($(statistic store_transaction) - before))
    same 0 "$("$kv" count site)" "$1: keys left"
    expect 0 '^created' "$kv" put site again x
}
for size in 50 200 1000; do
    rm -rf "$KV_STORE"
    "$kv" init --map-size 8MiB >/dev/null && "$kv" ns create site >/dev/null || exit 1
    fill "$size"
    empty_it "at the cap, values of $size bytes"
    # Ten thousand at once do not fit: the store refuses that batch as a whole, and smaller ones are tried.
    # With smaller values there are more keys in a batch's worth of leaves.
    [ "$size" = 1000 ] || [ "$commits" -gt $((count / 10000 + 2)) ] ||
        failed "values of $size bytes: $commits commits for $count keys, so no batch was refused"
done

# Where a snapshot keeps the old pages, its process is named, and not that keys should be deleted. Deleting
# goes as far as it can, and continues when the snapshot is gone.
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
# names_reader WHAT: the last command named it, with its age and what it keeps, and gave no other advice.
names_reader() {
    cat "$dir/out" "$dir/err" | grep -qE "process $reader reads a snapshot that is [0-9,]+ transactions? old \
and keeps [0-9.]+ [KMG]i?B: end it, or stop the process" || failed "$1: the reader is not named: $(cat "$dir/out" "$dir/err")"
    expect_not 'delete keys|make room'
}
expect 0 'readers +[0-9]+ of [0-9,]+, none behind$' "$kv" stat
hold
fill 1000
names_reader 'import'
expect 0 "oldest reader: process $reader, [0-9,]+ transactions? behind, keeps [0-9.]+ [KMG]i?B\$" "$kv" stat
same "$reader" "$(statistic store_reader_oldest_pid)" 'the oldest reader in JSON'
expect 4 'KV_STORE_FULL' "$kv" put site large "$(head -c 60000 /dev/urandom | base64 -w0)"
names_reader 'put'
let_go
fill 1000
count=$("$kv" count site)
hold
code=0
"$kv" del site --prefix old/ --yes >"$dir/out" 2>"$dir/err" || code=$?
left=$("$kv" count site --prefix old/)
grep -q "^deleted $(with_commas $((count - 3000 - left)))\$" "$dir/out" ||
    failed "of $((count - 3000)) keys $left are left, and it said: $(cat "$dir/out")"
if [ "$left" = 0 ]; then
    same 0 "$code" 'exit status of a del that did all'
else
    same 4 "$code" 'exit status of a del that stopped'
    names_reader 'del'
fi
let_go
expect 0 "^deleted $(with_commas "$left")\$" "$kv" del site --prefix old/ --yes
same 3000 "$("$kv" count site)" 'keys left behind a reader'

# One by one under a snapshot, until even one finds no room: that is said and why, and nothing is lost.
fill 200
count=$("$kv" count site --prefix old/)
hold
code=0
gone=0
"$kv" list site --prefix old/ | shuf --random-source=<(yes) | head -n 1000 >"$dir/keys"
while [ "$code" = 0 ] && read -r key <&7; do
    "$kv" del site "$key" >"$dir/out" 2>"$dir/err" || code=$?
    [ "$code" != 0 ] || gone=$((gone + 1))
done 7<"$dir/keys"
same 4 "$code" 'exit status of a del of one key without room'
names_reader 'del of one key'
same $((count - gone)) "$("$kv" count site --prefix old/)" 'keys left after deletes one by one'
let_go
expect 0 "^deleted $(with_commas $((count - gone)))\$" "$kv" del site --prefix old/ --yes
same 3000 "$("$kv" count site)" 'keys left when all else is deleted'

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
