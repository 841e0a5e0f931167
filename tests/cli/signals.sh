#!/usr/bin/env bash
# kv: ended by a signal, as the shell tells it: 130, 143. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init >/dev/null && "$kv" ns create site >/dev/null || exit 1
# until_true COMMAND...: wait for it.
until_true() {
    for _ in $(seq 400); do
        "$@" 2>/dev/null && return
        sleep 0.05
    done
    failed "waited for: $*"
}
# sleeps PID: it waits, for input or for a reader.
sleeps() { grep -q '^State:.S' "/proc/$1/status"; }
# ended_by SIGNAL STATUS PID WHAT
ended_by() {
    local code=0
    kill -s "$1" "$3"
    wait "$3" || code=$?
    same "$2" "$code" "exit status of $4 after SIG$1"
}

for signal in INT=130 TERM=143; do
    # An import that waits for more: the lines that came are written.
    mkfifo "$dir/lines"
    "$kv" import site "$dir/lines" >"$dir/out" 2>"$dir/err" &
    exec 3>"$dir/lines"
    # More than a batch, so that the first is written; and a line that has not come whole.
    seq 20000 | sed "s/.*/{\"Key\":\"${signal%=*}\/&\",\"Value\":\"&\"}/" >&3
    printf '{"Key":"cut%0200000d' 0 >&3
    until_true "$kv" get site "${signal%=*}/1" >/dev/null
    until_true sleeps $!
    ended_by "${signal%=*}" "${signal#*=}" $! 'an import'
    exec 3>&-
    rm "$dir/lines"
    grep -qE 'stopped (before the end|at line)' "$dir/err" || failed "an import that was stopped: $(cat "$dir/err")"
    same 1 "$(wc -l <"$dir/err")" "lines of what a stopped import says: $(cat "$dir/err")"
    grep -q '^written [0-9,]* keys' "$dir/out" || failed "a stopped import says: $(cat "$dir/out")"

    # An export whose reader does not read.
    mkfifo "$dir/export"
    "$kv" export site >"$dir/export" 2>"$dir/err" &
    exec 4<"$dir/export"
    read -r -u 4 _
    until_true sleeps $!
    ended_by "${signal%=*}" "${signal#*=}" $! 'an export'
    exec 4<&-
    rm "$dir/export"
    same '' "$(cat "$dir/err")" 'what a stopped export says'

    # Following the log.
    "$kv" changes --follow >"$dir/out" 2>"$dir/err" &
    until_true grep -q ns-create "$dir/out"
    ended_by "${signal%=*}" "${signal#*=}" $! 'changes --follow'
    same '' "$(cat "$dir/err")" 'what a stopped changes --follow says'
done
expect 0 '' "$kv" stat

finish
