# What the tests of the kv command share; sourced, with the command as $1. Sets kv (the command),
# dir (a directory of our own, removed at the end) and KV_STORE (in there); end with `finish`.
set -u
kv=$(realpath "$1")
base=${KV_TEST_DIR:-}
[ -n "$base" ] || { [ -w /dev/shm ] && base=/dev/shm; }
dir=$(mktemp -d "${base:-${TMPDIR:-/tmp}}/kv-cli.XXXXXX") || exit 1
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
export KV_STORE=$dir/store
failures=0

# failed MESSAGE...: note it; the other tests go on.
failed() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}
# expect STATUS PATTERN COMMAND...: exit status and a line of stdout or stderr (grep -E; "" is any).
# Standard input is passed on; $dir/out and $dir/err keep what was said.
expect() {
    local status=$1 pattern=$2 code=0
    shift 2
    "$@" >"$dir/out" 2>"$dir/err" || code=$?
    if [ "$code" != "$status" ] || ! cat "$dir/out" "$dir/err" | grep -qE -e "$pattern"; then
        failed "$*
  exit $code, wanted $status with \"$pattern\"; it said:
$(sed 's/^/  | /' "$dir/out" "$dir/err")"
    fi
}
# expect_not PATTERN: the last command said no such line.
expect_not() {
    ! cat "$dir/out" "$dir/err" | grep -qE -e "$1" || failed "said: $1"
}
# same EXPECTED ACTUAL WHAT
same() {
    [ "$1" = "$2" ] || failed "$3
  wanted: $1
  got:    $2"
}
# has_terminal: can on_terminal be used? Else it prints SKIP and why, for what the test loses: has_terminal WHAT.
has_terminal() {
    if ! command -v script >/dev/null; then
        echo "SKIP: $1: no script(1) here, which makes terminals"
    elif ! script --quiet --return --command true /dev/null </dev/null >/dev/null 2>&1; then
        echo "SKIP: $1: no terminal can be made here (is /dev/pts mounted?)"
    else
        return 0
    fi
    return 1
}
# on_terminal ANSWER COMMAND...: run it on a terminal of its own and type the answer. What it says
# goes to stdout, its exit status is ours.
on_terminal() {
    local answer=$1
    shift
    printf '%s\n' "$answer" | script --quiet --return --command "$(printf '%q ' "$@")" /dev/null |
        tr -d '\r'
    return "${PIPESTATUS[1]}"
}

# The exit status of the test.
finish() {
    [ "$failures" = 0 ] || echo "$failures failed"
    [ "$failures" = 0 ]
}
