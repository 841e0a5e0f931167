#!/usr/bin/env bash
# Every exported function has a page with all that its caller must know, every page is sound, and the page
# of edge-server has its options.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
: "${OUT:?is set by make}" "${BUILD:?is set by make}"
pages=$BUILD/man
status=0
fail() {
    echo "check_man: $*"
    status=1
}

# section PAGE TITLE: its lines, without fonts.
section() { awk -v want=".SH $2" '/^\.SH / { inside = ($0 == want); next } inside { gsub(/\\f[BIP]/, ""); print }' "$1"; }
for name in $(sed -nE 's/^ +(kv_[a-z0-9_]+);$/\1/p' libkv.map libkv-edge.map); do
    page=$pages/$name.3
    [ -f "$page" ] || { fail "$name has no page" && continue; }
    for title in NAME SYNOPSIS DESCRIPTION 'RETURN VALUE' SINCE; do
        section "$page" "$title" | grep -v '^\.' | grep -q '[a-z]' ||
            fail "$name: nothing under $title: its comment in the header lacks it"
    done
    section "$page" SYNOPSIS | grep -qE "[ *]$name\(" || fail "$name: its prototype is not shown"
    section "$page" SINCE | grep -qE '^libkv(-edge)? [0-9]+\.[0-9]+$' || fail "$name: since when?"
    section "$page" 'SEE ALSO' | grep -q '^\.BR libkv' || fail "$name: does not lead to the overview"
    ! section "$page" DESCRIPTION | grep -E 'Returns KV_|@param|Since [0-9]|Threads: ' ||
        fail "$name: the description has what belongs to another section"
done

# The parts of comments arrive in their sections.
expect() { # expect PAGE TITLE PATTERN
    section "$pages/$1.3" "$2" | tr '\n' ' ' | grep -qE -e "$3" || fail "$1: no \"$3\" under $2"
}
expect kv_get NAME '^kv_get \\- read one key'
expect kv_get PARAMETERS '\.I value_out Set on KV_OK\.'
expect kv_get 'RETURN VALUE' '^Returns KV_OK; KV_NOT_FOUND'
expect kv_batch THREADS '^Any; not cancelled'
expect kv_close 'RETURN VALUE' '^None\.'
expect kv_get_entry CONSTANTS 'KV_GET_FACTS = 1u << 0'
expect kv_options MEMBERS 'uint32_t mode KV_OPEN_READ_WRITE'
expect kv_options CONSTANTS 'KV_OPEN_SEALED = 2 A sealed store only'
expect kv_status CONSTANTS 'KV_NOT_FOUND = 1 No such key'
expect libkv DESCRIPTION 'Rules that span calls.*One process opens it once'
expect libkv EXAMPLE 'int main\(void\)'
for page in "$pages"/kv_*.3; do
    name=$(basename "$page" .3)
    grep -qxF ".BR $name (3)" "$pages/libkv.3" "$pages/libkv-edge.3" || fail "$name is in no overview"
done

options_of_page() { section docs/man/edge-server.1 OPTIONS | tr -d '\\' | sed -n '/^\.B/p' | grep -oE -e '--[a-z-]+' | sort -u; }
options_of_help() { "$OUT/edge-server" --help | grep -oE -e '--[a-z-]+' | sort -u; }
difference=$(diff <(options_of_help) <(options_of_page)) ||
    fail "edge-server: < is in --help, > in its page:
$difference"

# What the programs that show pages think of them.
if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning docs/man/*.1 "$pages"/*.3 || fail 'mandoc complains'
else
    echo 'SKIP: no mandoc, which checks manual pages'
fi
if command -v groff >/dev/null && echo . | groff -man -z -T ascii >/dev/null 2>&1; then
    said=$(for page in docs/man/*.1 "$pages"/*.3; do groff -man -ww -z -T ascii "$page" 2>&1; done)
    [ -z "$said" ] || fail "groff complains: $said"
fi
exit $status
