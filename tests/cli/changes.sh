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

# Output that cannot be written is no success; of a closed pipe nobody needs to be told
head -c 2000000 /dev/zero >"$dir/large"
"$kv" put site large --file "$dir/large" >/dev/null
seq 20000 | sed 's/.*/{"Key":"many\/&","Value":""}/' >"$dir/many"
expect 0 '^written 20,000 keys' "$kv" import site "$dir/many"
expect 4 'cannot write the output' bash -c '"$0" list site >/dev/full' "$kv"
for command in 'get site large' 'list site' 'list site --json' 'changes' 'changes --json' 'export site'; do
    # shellcheck disable=SC2086
    { "$kv" $command 2>"$dir/err"; echo $? >"$dir/code"; } | head -c 1 >/dev/null
    same 4 "$(cat "$dir/code")" "exit status of $command into a closed pipe"
    same '' "$(cat "$dir/err")" "what $command says of a closed pipe"
done

finish
