#!/usr/bin/env bash
# For both libraries: the same functions in the header, in the .map file and in the shared library;
# nothing else is exported.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
: "${OUT:?is set by make}" "${VERSION:?is set by make}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

status=0
compare() { # compare ONE OTHER
    local only
    only=$(comm -23 "$scratch/$1" "$scratch/$2")
    [ -z "$only" ] && return
    printf '%s\n' "$only" | sed "s|^|in $1 but not in $2: |"
    status=1
}

# check_library NAME HEADER
check_library() {
    local name=$1 header=$2 library=$OUT/$1.so.$VERSION soname strangers
    # The name before the first parenthesis after KV_API; the macro's own definition has none.
    grep -v '^#' "libkv/$header" | tr '\n' ' ' | grep -oE 'KV_API [^;(]*\(' |
        sed -E 's/.*[ *](kv_[a-z0-9_]+)\($/\1/' | sort >"$scratch/$header"
    sed -nE 's/^ +(kv_[a-z0-9_]+);$/\1/p' "$name.map" | sort >"$scratch/$name.map"
    # Type A is the version's own name.
    nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
        sort >"$scratch/$name.so"
    compare "$header" "$name.map"
    compare "$name.map" "$header"
    compare "$name.map" "$name.so"
    compare "$name.so" "$name.map"
    [ -s "$scratch/$header" ] || { echo "no KV_API function found in $header" && status=1; }

    soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
    case $name.so.$VERSION in
    "$soname".*) ;;
    *)
        echo "soname $soname does not begin $library's name"
        status=1
        ;;
    esac

    # Names across files carry the module: kv_ or kvi_, never anything that could meet a user's.
    strangers=$(nm --defined-only -g "$OUT/$name.a" 2>/dev/null | awk 'NF == 3 { print $3 }' |
        grep -vE '^kvi?_' | sort -u)
    if [ -n "$strangers" ]; then
        printf '%s\n' "$strangers" | sed "s/^/global in $name.a without kv_ or kvi_: /"
        status=1
    fi
}

check_library libkv kv.h
check_library libkv-edge kv_edge.h

# A program may link both archives: no name twice. And the second knows of the first what all do.
both=$(for name in libkv libkv-edge; do
    nm --defined-only -g "$OUT/$name.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u
done | sort | uniq -d)
if [ -n "$both" ]; then
    printf '%s\n' "$both" | sed 's/^/in libkv.a and in libkv-edge.a: /'
    status=1
fi
readelf -d "$OUT/libkv-edge.so.$VERSION" | grep -q 'NEEDED.*\[libkv\.so\.' ||
    { echo 'libkv-edge.so does not ask for libkv' && status=1; }
exit $status
