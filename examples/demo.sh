#!/usr/bin/env bash
# What `make demo` shows: a directory of this machine as a site in a store, a batch with faults,
# reads, a prefix, an expiry, usage and the change log.
#
#   examples/demo.sh OUT STORE_DIRECTORY      OUT: where make put kv and the examples
set -eu

out=$1
work=$2
kv=$out/kv
export KV_STORE=$work/store

heading() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
[ -t 1 ] || heading() { printf '\n== %s\n' "$*"; }
show() { # Print a command as a reader would type it, and run it.
    printf '$ kv'
    printf ' %q' "$@"
    printf '\n'
    "$kv" "$@"
}
files_in() { find "$1" -type f 2>/dev/null | wc -l; }

[ -x "$kv" ] || { echo 'demo: the kv command is not built yet' >&2 && exit 1; }
rm -rf "$work"
mkdir -p "$work"

site=
for directory in /usr/include /usr/share/doc /usr/share /usr/lib; do
    if [ "$(files_in "$directory")" -gt 500 ]; then
        site=$directory
        break
    fi
done
[ -n "$site" ] || { echo 'demo: found no directory with more than 500 files' >&2 && exit 1; }

heading 'A store is a directory, a namespace has a quota'
show init
show ns create site

heading "Import $site as a site: $(files_in "$site") files, their paths are the keys"
status=0
show import site "$site" || status=$?
[ "$status" = 0 ] || [ "$status" = 2 ] # 2: some keys failed, and the summary named them.

heading 'A BatchPut with faults: every good pair is written, every bad one gets its code'
if [ -x "$out/examples/batch" ]; then
    mkdir "$work/batch"
    echo '$ examples/batch'
    "$out/examples/batch" "$work/batch"
else
    echo '(examples/batch is not built)'
fi

heading 'Read back, and compare with the files'
read_back=0
while read -r file; do
    "$kv" get site "${file#"$site"/}" | cmp - "$file"
    read_back=$((read_back + 1))
done < <(find "$site" -type f -size -1900k ! -name '*[[:space:]]*' | LC_ALL=C sort |
    awk 'NR % 211 == 1' | head -40)
echo "$read_back of the keys read with \`kv get\`: the same bytes"

prefix=$(find "$site" -mindepth 2 -type f -printf '%P\n' | cut -d/ -f1 | sort | uniq -c |
    sort -rn | awk 'NR == 1 { print $2 }')/
heading "List by prefix: $prefix"
show list site --prefix "$prefix" --limit 6 --long
show count site --prefix "$prefix"

heading 'A key that lives for seconds'
ttl=2
until show put site hello "gone in $ttl seconds" --ttl "$ttl" && show get site hello; do
    ttl=$((ttl * 5)) # A machine so slow that the key was gone before it was read.
    [ "$ttl" -lt 100 ]
done
echo
echo "\$ sleep $ttl.1"
sleep "$ttl.1"
status=0
show get site hello || status=$?
echo "exit status $status (1: absent)"
[ "$status" = 1 ]

heading 'Usage against quota, and what compression saved'
show ns show site
show stat

heading 'The tail of the change log'
echo '$ kv changes | tail -n 6'
"$kv" changes | tail -n 6

heading "Done. The store is $KV_STORE; KV_STORE=$KV_STORE $kv --help says what else it does."
