#!/usr/bin/env bash
# kv: changes, stat, and output that nobody takes. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init >/dev/null && "$kv" ns create Site >/dev/null || exit 1

# Changes and statistics
expect 0 'ns-create .*Site' "$kv" changes
last=$("$kv" stat --json | sed -n 's/.*"store_sequence": *\([0-9]*\).*/\1/p')
expect 0 '^created' "$kv" put site watched xyz
expect 0 '"Kind":"put","Namespace":"Site","Key":"watched","Size":3' "$kv" changes --after "$last" --json
expect 3 'kv changes --after' "$kv" changes --after 99999999
timeout -s INT 20 "$kv" changes --after "$last" --follow >"$dir/follow" &
follower=$!
for _ in $(seq 100); do
    "$kv" put site followed "$RANDOM" >/dev/null
    grep -q followed "$dir/follow" && break
    sleep 0.05
done
kill -INT "$follower" 2>/dev/null
wait "$follower"
grep -q followed "$dir/follow" || failed 'changes --follow showed nothing'
expect 0 '^Change log' "$kv" stat
expect 0 '^# HELP' "$kv" stat --prometheus
same "$("$kv" stat --prometheus | grep -c '^# HELP')" \
    "$("$kv" stat --json | grep -o '"[a-z_]*":' | wc -l)" 'as many facts as JSON as for Prometheus'

# Only those of a namespace, of keys with a prefix, and so many
"$kv" ns create Other >/dev/null && "$kv" put other img/a 1 >/dev/null && "$kv" put site img/a 2 >/dev/null || exit 1
"$kv" put other css/a 3 >/dev/null && "$kv" del other img/a >/dev/null || exit 1
# keys OPTIONS...: the kinds and keys of the changes shown.
keys() { "$kv" changes --json "$@" | sed -E 's/.*"Kind":"([^"]*)".*"Key":"([^"]*)".*/\1 \2/' | paste -sd,; }
same 'ns-create Other,put img/a,put css/a,delete img/a' "$(keys other)" 'changes of a namespace'
same 'put img/a,delete img/a' "$(keys other --prefix img/)" 'changes of a namespace and a prefix'
same 'put img/a,put img/a,delete img/a' "$(keys --prefix img/)" 'changes of a prefix'
same 'ns-create Other,put img/a' "$(keys other --limit 2)" 'so many changes'
same '' "$(keys other --limit 0)" 'no changes'
same 'put css/a,delete img/a' "$(keys other --last 2)" 'the last changes'
same 'put img/a,delete img/a' "$(keys other --last 9 --prefix img/)" 'more of the last than there are'
same 'delete img/a' "$(keys --last 2 --prefix img/ --after 0 | cut -d, -f2)" 'the last ones of a prefix'
same '' "$(keys --after now)" 'changes after now'
"$kv" changes --after now --follow --limit 1 --json >"$dir/now" &
follower=$!
while [ ! -s "$dir/now" ] && kill -0 "$follower" 2>/dev/null; do "$kv" put other later 1 >/dev/null; done
wait "$follower" || failed "changes --after now --follow: exit $?"
same later "$(sed -E 's/.*"Key":"([^"]*)".*/\1/' "$dir/now")" 'changes --after now --follow'
"$kv" --store "$dir/logless" init --no-changes >/dev/null
expect 3 'keeps no change log' "$kv" --store "$dir/logless" changes
expect_not SEQUENCE
expect 0 'sequences +none' "$kv" --store "$dir/logless" stat
expect 3 'no namespace none' "$kv" changes none
expect 64 'takes a whole number' "$kv" changes --limit many
last=$("$kv" stat --json | sed -n 's/.*"store_sequence": *\([0-9]*\).*/\1/p')
"$kv" changes other --after "$last" --follow --limit 1 --json >"$dir/follow" &
follower=$!
"$kv" put site not-wanted 1 >/dev/null && "$kv" put other wanted 1 >/dev/null
wait "$follower" || failed "changes --follow --limit: exit $?"
same wanted "$(sed -E 's/.*"Key":"([^"]*)".*/\1/' "$dir/follow")" 'changes --follow --limit'

# Output that cannot be written is no success; of a closed pipe nothing is said
head -c 2000000 /dev/zero >"$dir/large"
"$kv" put site large --file "$dir/large" >/dev/null
seq 20000 | sed 's/.*/{"Key":"many\/&","Value":""}/' >"$dir/many"
expect 0 '^written 20,000 keys' "$kv" import site "$dir/many"
expect 4 'cannot write the output' bash -c '"$0" list site >/dev/full' "$kv"
for command in 'get site large' 'get site large --json' 'list site' 'list site --json' 'changes' 'changes --json' \
    "search site *" 'export site'; do
    # shellcheck disable=SC2086
    { set -f; "$kv" $command 2>"$dir/err"; echo $? >"$dir/code"; } | head -c 1 >/dev/null
    same 141 "$(cat "$dir/code")" "exit status of $command into a closed pipe"
    same '' "$(cat "$dir/err")" "what $command says of a closed pipe"
done

finish
