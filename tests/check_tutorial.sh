#!/usr/bin/env bash
# Every command of docs/tutorial.md is run, in order and in one shell, and prints what stands there:
# "..." in a line is any text, a line of "..." alone any lines. $OUT/kv is the command; pkg-config
# answers for the library that was built here.
set -u
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
: "${OUT:?is set by make}"
out=$(realpath "$OUT")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/work"
ln -s "$out/kv" "$scratch/bin/kv"
cat >"$scratch/bin/pkg-config" <<END
#!/bin/sh
echo -I$root/libkv $out/libkv.a -llmdb -lzstd -pthread
END
chmod +x "$scratch/bin/pkg-config"

# The steps: step-N.sh has a command, step-N.want what it prints.
awk -v dir="$scratch" '
    /^```console$/ { inside = 1; next }
    /^```$/ { inside = 0; next }
    !inside { next }
    sub(/^\$ /, "") { n++; print > (dir "/step-" n ".sh"); printf "" > (dir "/step-" n ".want"); next }
    sub(/^> ?/, "") { print > (dir "/step-" n ".sh"); next }
    { print > (dir "/step-" n ".want") }
    END { print n > (dir "/steps") }' "$root/docs/tutorial.md"
steps=$(cat "$scratch/steps")
[ "$steps" -ge 20 ] || { echo "check_tutorial: $steps commands found"; exit 1; }

# In one shell: what a step sets, the next one has.
{
    echo "cd '$scratch/work'; PATH='$scratch/bin':\$PATH; unset KV_STORE"
    for ((i = 1; i <= steps; i++)); do
        printf '{ %s\n} >"%s/step-%d.got" 2>&1 </dev/null\n' "$(cat "$scratch/step-$i.sh")" "$scratch" "$i"
    done
} >"$scratch/all.sh"
bash "$scratch/all.sh" || true

# fits WANT GOT: an extended regular expression over the whole text.
fits() {
    local pattern
    [ -s "$1" ] || { [ ! -s "$2" ]; return; }
    pattern=$(sed -e 's/[][\\.^$*+?(){}|]/\\&/g' -e 's/^\\\.\\\.\\\.$/\x01/' -e 's/\\\.\\\.\\\./[^\x02]*/g' "$1" |
        tr '\n' '\002' | sed -e 's/\x01\x02/(.*\x02)?/g')
    { cat "$2"; [ -z "$(tail -c 1 "$2")" ] || echo; } | tr '\n' '\002' | grep -qE "^$pattern\$"
}
failures=0
for ((i = 1; i <= steps; i++)); do
    fits "$scratch/step-$i.want" "$scratch/step-$i.got" && continue
    echo "check_tutorial: this prints something else than docs/tutorial.md says:"
    sed 's/^/  $ /' "$scratch/step-$i.sh"
    sed 's/^/  | /' "$scratch/step-$i.got"
    failures=$((failures + 1))
done
exit "$((failures > 0))"
