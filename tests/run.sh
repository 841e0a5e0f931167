#!/usr/bin/env bash
# Run what `make check` built and say how it went.
#
#   tests/run.sh KIND:PATH...
#
#   cmocka   a test program; each of its tests counts
#   example  a program that prints, exits 0 and takes the directory for its store
#   fuzz     a fuzz target's replay; gets the seeds in fuzz/corpus/
#   script   a shell script; gets OUT, BUILD, VARIANT, CC, CXX, MAKE and VERSION from the Makefile
#   cli      a shell script; gets the path of the kv command too, as $1
#
# Two run at once (KV_TEST_JOBS). A failing one's output is shown whole. Each may take
# KV_TEST_TIMEOUT_S seconds. Stores are made in KV_TEST_DIR, else /dev/shm, else TMPDIR.
# At the end stands a summary: what was skipped and why (a line "SKIP: WHY" of a script, or of a test of
# cmocka's that is skipped), what failed and where its output is. The last line has the numbers.
set -u

: "${OUT:?is set by make}"
jobs=${KV_TEST_JOBS:-$(nproc 2>/dev/null || echo 2)}
[ "$jobs" -gt 2 ] && [ -z "${KV_TEST_JOBS:-}" ] && jobs=2
limit_s=${KV_TEST_TIMEOUT_S:-900}
base=${KV_TEST_DIR:-}
[ -n "$base" ] || { [ -d /dev/shm ] && [ -w /dev/shm ] && base=/dev/shm; }
base=${base:-${TMPDIR:-/tmp}}

logs=$OUT/logs
rm -rf "$logs"
mkdir -p "$logs"
scratch=$(mktemp -d "$base/libkv-check.XXXXXX")
chmod 711 "$scratch" # Tests become other users.
stop() {
    trap - EXIT INT TERM
    local left
    left=$(jobs -p)
    # shellcheck disable=SC2086
    [ -z "$left" ] || kill $left 2>/dev/null
    wait
    chmod -R u+w "$scratch" 2>/dev/null
    rm -rf "$scratch"
}
trap stop EXIT
trap 'stop; exit 130' INT TERM

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
wrapper=()
if [ "${VARIANT:-}" = tsan ]; then
    # Older TSan run-times do not know the address layouts of newer kernels.
    setarch -R true 2>/dev/null && wrapper=(setarch -R)
fi

# skipped KIND LOG: what was, and why. cmocka names a skipped test once more at its end.
skipped() {
    if [ "$1" = cmocka ]; then
        awk '/^SKIP: / { why = substr($0, 7) }
            /^\[  SKIPPED \] [^0-9]/ && !seen[$0]++ { print substr($0, 14) ": " (why == "" ? "?" : why); why = "" }' "$2"
    else
        sed -n 's/^SKIP: //p' "$2"
    fi
}
# run_one KIND PATH NUMBER: prints its part of the report and leaves "passed failed" in results.
run_one() {
    local kind=$1 path=$2 number=$3
    local name=${path##*/} own=$scratch/$3 log
    local started=$SECONDS code=0 passed=0 failed=0 args=() took
    mkdir -m 711 "$own"
    case $kind in
    cmocka)
        name=${path#"$OUT/tests/"}
        args=("$path")
        ;;
    example) args=("$path" "$own") ;;
    fuzz)
        name=${name%-replay}
        args=("$path" "fuzz/corpus/$name")
        ;;
    script) args=(bash "$path") ;;
    cli) args=(bash "$path" "$OUT/kv") ;;
    esac
    log=$logs/$number-${name//\//-}.log
    TMPDIR=$own timeout --kill-after=10 "$limit_s" "${wrapper[@]}" "${args[@]}" \
        >"$log" 2>&1 </dev/null || code=$?
    took=$((SECONDS - started))
    if [ "$kind" = cmocka ]; then
        # The closing lines of each group: "[  PASSED  ] 3 test(s)." and "[  FAILED  ] 1 test(s)".
        read -r passed failed < <(awk '
            /^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
            /^\[  FAILED  \] [0-9]+ test/ { failed += $4 }
            END { print passed + 0, failed + 0 }' "$log")
        # A program that broke off, or failed in a way it did not count, or tested nothing.
        if [ "$code" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
        if [ "$passed" = 0 ] && [ "$failed" = 0 ] &&
            ! grep -q '^\[  SKIPPED \]' "$log"; then failed=1; fi
    elif [ "$code" = 0 ]; then
        passed=1
    else
        failed=1
    fi
    (
        flock 9
        echo "$passed $failed" >>"$logs/results"
        skipped "$kind" "$log" | sed "s|^|  $name: |" >>"$logs/skipped"
        if [ "$failed" = 0 ]; then
            printf 'ok    %-8s %s (%d s)\n' "$kind" "$name" "$took"
            if [ "$kind" = cmocka ]; then
                grep -E '^\[(==========|  PASSED  |  SKIPPED )\] .*[0-9]+ test' "$log" |
                    grep -v 'Running' | sed 's/^/      /'
            fi
        else
            echo "  $name: $log" >>"$logs/failed"
            printf 'FAIL  %-8s %s (%d s)\n' "$kind" "$name" "$took"
            cat "$log"
            case $code in
            0) [ "$passed" = 0 ] && echo "      $name: exit 0, but no test ran" ;;
            124 | 137) echo "      $name: stopped after $limit_s seconds" ;;
            *) echo "      $name: exit status $code" ;;
            esac
        fi
    ) 9>>"$logs/lock"
    chmod -R u+w "$own" 2>/dev/null
    rm -rf "$own"
}

number=0
running=0
for item; do
    if [ "$running" -ge "$jobs" ]; then
        wait -n
        running=$((running - 1))
    fi
    number=$((number + 1))
    run_one "${item%%:*}" "${item#*:}" "$(printf '%03d' $number)" &
    running=$((running + 1))
done
wait

read -r passed failed < <(cat "$logs/results" 2>/dev/null |
    awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }')
printf '\n======== Summary\n'
skips=$(cat "$logs/skipped" 2>/dev/null | wc -l)
if [ "$skips" -gt 0 ]; then
    echo 'Skipped on this machine:'
    sort "$logs/skipped"
fi
if [ -f "$logs/failed" ]; then
    echo 'Failed, with all output in:'
    sort "$logs/failed"
fi
echo "$passed passed, $failed failed, $skips skipped, in $SECONDS s"
[ "$failed" = 0 ]
