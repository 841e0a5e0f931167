#!/usr/bin/env bash
# Install to a directory of our own, build against it through pkg-config (shared and static),
# run, uninstall, and find nothing left.
set -eu

cd "$(dirname "$0")/.."
: "${OUT:?is set by make}" "${BUILD:?is set by make}" "${VARIANT:?is set by make}"
make=${MAKE:-make}
cc=${CC:-cc}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
run_make() {
    "$make" -s "BUILD=$BUILD" "VARIANT=$VARIANT" "CC=$cc" "DESTDIR=$root" prefix=/usr "$@"
}
fail() {
    echo "check_install: $*"
    exit 1
}

run_make install
for file in lib/libkv.so lib/libkv.a lib/pkgconfig/libkv.pc include/kv.h lib/libkv-edge.so \
    lib/libkv-edge.a lib/pkgconfig/libkv-edge.pc include/kv_edge.h; do
    [ -e "$root/usr/$file" ] || fail "$file was not installed"
done
soname=$(LC_ALL=C readelf -d "$root/usr/lib/libkv.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$(readlink "$root/usr/lib/libkv.so")" = "$soname" ] || fail "libkv.so is no link to $soname"
[ "$(readlink "$root/usr/lib/$soname")" = "libkv.so.$VERSION" ] ||
    fail "$soname is no link to libkv.so.$VERSION"
for page in docs/man/*.[13]; do
    cmp "$page" "$root/usr/share/man/man${page##*.}/${page##*/}" || fail "$page was not installed"
done
cmp libkv/cli/kv.bash "$root/usr/share/bash-completion/completions/kv" ||
    fail 'the completion was not installed'
[ ! -e "$OUT/kv" ] || [ -x "$root/usr/bin/kv" ] || fail 'bin/kv was not installed'
[ ! -e "$OUT/kv" ] || "$root/usr/bin/kv" --help >/dev/null || fail 'the installed kv does not run'
if grep -r "$root" "$root" >/dev/null 2>&1; then fail 'an installed file knows DESTDIR'; fi

export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
flags_of() { pkg-config "--define-variable=prefix=$root/usr" "$@"; }
for name in libkv libkv-edge; do
    [ "$(pkg-config --modversion $name)" = "$VERSION" ] ||
        fail "$name.pc has another version than kv.h"
done

cat >"$scratch/version.c" <<'C'
#include <kv.h>
#include <stdio.h>
int main(void)
{
    printf("%s\n", kv_status_name(KV_OK));
    return kv_version() == KV_VERSION ? 0 : 1;
}
C
# build_and_run LIBRARY PROGRAM: shared and static.
build_and_run() {
    local library=$1 program=$2 name archives=("$root/usr/lib/libkv.a")
    name=$(basename "$program" .c)
    [ "$library" = libkv ] || archives=("$root/usr/lib/$library.a" "${archives[@]}")
    # shellcheck disable=SC2046
    "$cc" -o "$scratch/$name-shared" "$program" $(flags_of --cflags --libs "$library") -pthread
    # shellcheck disable=SC2046
    "$cc" -o "$scratch/$name-static" "$program" $(flags_of --cflags "$library") "${archives[@]}" \
        $(flags_of --static --libs "$library" | sed -E 's/-lkv(-edge)?( |$)/ /g')
    readelf -d "$scratch/$name-shared" | grep -q "NEEDED.*\[$library\.so\." ||
        fail "$name does not ask for $library's soname"
    mkdir "$scratch/store-shared" "$scratch/store-static"
    LD_LIBRARY_PATH=$root/usr/lib "$scratch/$name-shared" "$scratch/store-shared" \
        >"$scratch/out" 2>&1 </dev/null || { cat "$scratch/out" && fail "$name (shared) failed"; }
    "$scratch/$name-static" "$scratch/store-static" \
        >"$scratch/out" 2>&1 </dev/null || { cat "$scratch/out" && fail "$name (static) failed"; }
    rm -rf "$scratch/store-shared" "$scratch/store-static"
}
build_and_run libkv "$scratch/version.c"
build_and_run libkv examples/batch.c
build_and_run libkv-edge examples/edge_stdin.c

run_make uninstall
left=$(find "$root" ! -type d)
[ -z "$left" ] || fail "left after uninstall: $left"
