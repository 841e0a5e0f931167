#!/usr/bin/env bash
# Every shell script parses, the completions too, as far as their shells are here.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
status=0
fail() {
    echo "check_scripts: $*"
    status=1
}

for script in .ci/run .ci/setup examples/*.sh tests/*.sh tests/*/*.sh libkv/cli/kv.bash; do
    bash -n "$script" || fail "$script does not parse"
done
exit $status
