#!/usr/bin/env bash
# What tests/run.sh says at the end of passed, failed and skipped tests, and that it fails if one did.
set -u

cd "$(dirname "$0")/.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/tests"
status=0
fail() {
    echo "check_summary: $*"
    sed 's/^/  | /' "$scratch/said"
    status=1
}
echo 'exit 0' >"$scratch/good.sh"
printf '%s\n' 'echo "SKIP: a part: no machine for it"' 'exit 0' >"$scratch/partly.sh"
printf '%s\n' 'echo what went wrong' 'exit 3' >"$scratch/bad.sh"
# As cmocka prints.
cat >"$scratch/tests/program" <<'PROGRAM'
#!/bin/sh
cat <<'END'
[==========] Running 3 test(s).
[ RUN      ] first
[       OK ] first
[ RUN      ] second: of a row
SKIP: takes a mount
[  SKIPPED ] second: of a row
[ RUN      ] third
[  SKIPPED ] third
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 2 test(s), listed below:
[  SKIPPED ] second: of a row
[  SKIPPED ] third

 2 SKIPPED TEST(S)
END
PROGRAM
chmod +x "$scratch/tests/program"

# run ITEM...: what it says is in $scratch/said.
run() { OUT=$scratch bash tests/run.sh "$@" >"$scratch/said" 2>&1; }
says() { grep -qxE -e "$1" "$scratch/said" || fail "does not say: $1"; }

run "cmocka:$scratch/tests/program" "script:$scratch/good.sh" "script:$scratch/partly.sh" || fail 'fails though nothing did'
says '  program: second: of a row: takes a mount'
says '  program: third: \?'
says '  partly\.sh: a part: no machine for it'
tail -n 1 "$scratch/said" | grep -qxE '3 passed, 0 failed, 3 skipped, in [0-9]+ s' || fail 'the last line has other numbers'
! grep -q 'Failed, with' "$scratch/said" || fail 'names what failed though nothing did'

! run "script:$scratch/bad.sh" "script:$scratch/good.sh" || fail 'passes though one failed'
says 'what went wrong'
says "  bad\.sh: $scratch/logs/[0-9]+-bad\.sh\.log"
tail -n 1 "$scratch/said" | grep -qxE '1 passed, 1 failed, 0 skipped, in [0-9]+ s' || fail 'the last line has other numbers'
exit $status
