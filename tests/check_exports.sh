#!/usr/bin/env bash
# The same functions in kv.h, in libkv.map and in the shared library; nothing else is exported.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
: "${OUT:?is set by make}" "${VERSION:?is set by make}"
library=$OUT/libkv.so.$VERSION
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The name before the first parenthesis after KV_API; the macro's own definition has none.
grep -v '^#' libkv/kv.h | tr '\n' ' ' | grep -oE 'KV_API [^;(]*\(' |
    sed -E 's/.*[ *](kv_[a-z0-9_]+)\($/\1/' | sort >"$scratch/kv.h"
sed -nE 's/^ +(kv_[a-z0-9_]+);$/\1/p' libkv.map | sort >"$scratch/libkv.map"
# Type A is the version's own name.
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    sort >"$scratch/library"

status=0
compare() { # compare ONE OTHER
    local only
    only=$(comm -23 "$scratch/$1" "$scratch/$2")
    [ -z "$only" ] && return
    printf '%s\n' "$only" | sed "s|^|in $1 but not in $2: |"
    status=1
}
compare kv.h libkv.map
compare libkv.map kv.h
compare libkv.map library
compare library libkv.map
[ -s "$scratch/kv.h" ] || { echo 'no KV_API function found in kv.h' && status=1; }

soname=$(LC_ALL=C readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
case libkv.so.$VERSION in
"$soname".*) ;;
*)
    echo "soname $soname does not begin $library's name"
    status=1
    ;;
esac

# Names across files carry the module: kv_ or kvi_, never anything that could meet a user's.
strangers=$(nm --defined-only -g "$OUT/libkv.a" 2>/dev/null | awk 'NF == 3 { print $3 }' |
    grep -vE '^kvi?_' | sort -u)
if [ -n "$strangers" ]; then
    printf '%s\n' "$strangers" | sed 's/^/global in libkv.a without kv_ or kvi_: /'
    status=1
fi
exit $status
