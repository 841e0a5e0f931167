#!/usr/bin/env bash
# The README's C example compiles without a warning, runs, and runs again on the store that it made, and
# prints what the README says. And the links between the documents lead somewhere.
set -eu
export LC_ALL=C

cd "$(dirname "$0")/.."
: "${OUT:?is set by make}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "check_readme: $*"
    exit 1
}
# block LANGUAGE: the first fenced block of README.md in that language.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" README.md | awk '/^```/ { n++; next } n < 2'; }

block c >"$scratch/example.c"
block output >"$scratch/want"
[ -s "$scratch/example.c" ] || fail 'README.md has no C example'
[ -s "$scratch/want" ] || fail 'README.md does not say what its example prints'
"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Ilibkv \
    -o "$scratch/example" "$scratch/example.c" "$OUT/libkv.a" -llmdb -lzstd -pthread ||
    fail 'the example does not compile'
for run in first second; do
    (cd "$scratch" && ./example >got) || fail "the example failed with status $? on its $run run"
    diff "$scratch/want" "$scratch/got" || fail "the example prints something else on its $run run"
done

# [text](path) and [text](path#heading), relative to the document.
broken=0
for document in README.md docs/*.md examples/*.md bench/*.md; do
    while read -r target; do
        path=${target%%#*}
        case $target in
        http*) continue ;;
        '#'*) path=$(basename "$document") ;;
        esac
        if [ ! -e "$(dirname "$document")/$path" ]; then
            echo "$document: $target leads nowhere"
            broken=1
        fi
    done < <(grep -oE '\]\([^)]+\)' "$document" | sed -E 's/^\]\((.*)\)$/\1/')
done
exit $broken
