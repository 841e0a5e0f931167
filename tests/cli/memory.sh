#!/usr/bin/env bash
# kv: each allocation fails in turn. Whatever the command then answers is true: a status other than 0,
# or the output that it has otherwise; and no value is stored that was not given. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

if [ "${VARIANT:-release}" != release ] && [ "${VARIANT:-release}" != debug ]; then
    echo 'SKIP: sanitizers and coverage have their own memory'
    exit 0
fi
"${CC:-cc}" -shared -fPIC -O1 -D_GNU_SOURCE -o "$dir/fail.so" "$(dirname "$0")/fail.c" || exit 1
# allocations COMMAND...: how many it makes. In $dir/out is what it says.
allocations() {
    LD_PRELOAD=$dir/fail.so "$kv" "$@" 9>"$dir/made" >"$dir/out" 2>"$dir/err"
    tail -n 1 "$dir/made" # Before it may stand what a child made.
}
# fail_each CHECK COMMAND...: run it, and once more for each allocation that it makes, that one
# failing, and CHECK the exit status.
fail_each() {
    local check=$1 count code=0 number=0
    shift
    count=$(allocations "$@")
    [ "$count" -gt 20 ] || failed "$* made $count allocations: are they seen?"
    cp "$dir/out" "$dir/want"
    "$kv" "$@" >"$dir/out" 2>"$dir/err" || code=$?
    "$check" "$code" || failed "$*: exit $code where no allocation failed"
    while [ "$number" -lt "$count" ]; do
        code=0
        KV_FAIL_MALLOC=$number LD_PRELOAD=$dir/fail.so "$kv" "$@" >"$dir/out" 2>"$dir/err" || code=$?
        [ "$code" -le 64 ] || failed "$*: exit $code where allocation $number failed"
        "$check" "$code" || failed "$*: exit $code where allocation $number failed; it said:
$(sed 's/^/  | /' "$dir/out" "$dir/err")"
        number=$((number + 1))
    done
}
is_said_or_refused() { [ "$1" -gt 2 ] || cmp -s "$dir/out" "$dir/want"; }

"$kv" init >/dev/null && "$kv" ns create site >/dev/null && "$kv" ns create copy >/dev/null || exit 1
long=$(printf 'word%.0s ' $(seq 100))
cat >"$dir/list.json" <<END
[{"Key":"plain","Value":"$long"}, {"Key":"bad key","Value":""},
 {"Key":"escaped","Value":"\\u0001\\t\\"\\\\é","Metadata":"text/html","Expiration":99999999999},
 {"Key":"bytes","Value":"gIGC","Base64":true}]
END
expect 2 '' "$kv" batch-put site "$dir/list.json"
"$kv" export site >"$dir/lines" || exit 1

# What is told
fail_each is_said_or_refused export site
fail_each is_said_or_refused export --all
fail_each is_said_or_refused list site --json
fail_each is_said_or_refused changes --json
fail_each is_said_or_refused stat --json
fail_each is_said_or_refused get site plain
fail_each is_said_or_refused get site plain bytes --json
fail_each is_said_or_refused search site '*' --json
fail_each is_said_or_refused du site --json
fail_each is_said_or_refused ns ls --json
fail_each is_said_or_refused show site escaped --json
fail_each is_said_or_refused settings --json
fail_each is_said_or_refused count site
# libcrypto makes thousands when it begins: the first hundred, and some of the others.
count=$(allocations digest site)
cp "$dir/out" "$dir/want"
for number in $(seq 0 99) $(seq 100 53 "$count"); do
    code=0
    KV_FAIL_MALLOC=$number LD_PRELOAD=$dir/fail.so "$kv" digest site >"$dir/out" 2>"$dir/err" || code=$?
    [ "$code" = 4 ] || { [ "$code" = 0 ] && cmp -s "$dir/out" "$dir/want"; } ||
        failed "digest: exit $code where allocation $number failed"
done

# What is stored: all as given and answered so, or nothing at all
want=$("$kv" digest site | cut -d' ' -f1)
empty=$("$kv" digest copy | cut -d' ' -f1)
is_whole_or_nothing() {
    local got
    got=$("$kv" digest copy | cut -d' ' -f1)
    "$kv" del copy plain escaped bytes >/dev/null
    if [ "$1" -le 2 ]; then
        [ "$got" = "$want" ] && { [ "$1" = 0 ] || cmp -s "$dir/out" "$dir/want"; }
    else
        [ "$got" = "$empty" ]
    fi
}
fail_each is_whole_or_nothing batch-put copy "$dir/list.json"
fail_each is_whole_or_nothing import copy "$dir/lines"
is_copied_or_nothing() { sed -i 's/, in [0-9].*//' "$dir/out" "$dir/want" && is_whole_or_nothing "$1"; }
fail_each is_copied_or_nothing ns copy site copy --into
# One key: written if the command says so, and else as it was.
is_new_or_old() {
    local got
    got=$("$kv" get copy one)
    "$kv" put copy one old --metadata text/html --ttl 1d >/dev/null
    if [ "$1" = 0 ]; then [ "$got" = new ]; else [ "$got" = old ]; fi
}
"$kv" put copy one old --metadata text/html --ttl 1d >/dev/null
export EDITOR='sed -i s/old/new/' TMPDIR=$dir
unset VISUAL
fail_each is_new_or_old put copy one new --keep-ttl --keep-metadata
fail_each is_new_or_old edit copy one

# A whole store: where the import says that it is done, it is
"$kv" export --all >"$dir/dump" || exit 1
all=$("$kv" digest --all)
is_the_store() {
    local got
    got=$("$kv" --store "$dir/other" digest --all)
    rm -rf "$dir/other"
    "$kv" --store "$dir/other" init >/dev/null
    [ "$1" -gt 0 ] || [ "$got" = "$all" ]
}
"$kv" --store "$dir/other" init >/dev/null || exit 1
fail_each is_the_store --store "$dir/other" import --all "$dir/dump"

# A directory
mkdir -p "$dir/tree/a b" && echo value >"$dir/tree/a b/c" && echo other >"$dir/tree/d"
is_the_tree() {
    local got
    got=$("$kv" list tree)
    "$kv" del tree a%20b/c d >/dev/null
    [ "$1" -gt 0 ] || [ "$got" = $'a%20b/c\nd' ]
}
"$kv" ns create tree >/dev/null || exit 1
fail_each is_the_tree import tree "$dir/tree" --percent

finish
