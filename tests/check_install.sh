#!/usr/bin/env bash
# Install to a directory of our own, build against it through pkg-config (shared and static),
# run, uninstall, and find nothing left. Programs and libraries are hardened and look for each other only
# where they belong; and every directory can be chosen, as a distribution does.
set -eu
export LC_ALL=C

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
# has_tag FILE PATTERN: of the dynamic section.
has_tag() { readelf -dW "$1" | grep -qE -e "$2"; }
# What hardening leaves in a file; $2 is the tag of a program or of a library.
hardened() {
    has_tag "$1" '\(FLAGS_1\).* NOW' || fail "$1: calls are not bound at the start"
    has_tag "$1" "$2" || fail "$1: no $2"
    ! has_tag "$1" 'TEXTREL' || fail "$1: code is relocated"
    ! has_tag "$1" 'RPATH' || fail "$1: has an RPATH"
    readelf -lW "$1" | grep -q GNU_RELRO || fail "$1: no read-only relocations"
    readelf -lW "$1" | grep -qE 'GNU_STACK.* RW ' || fail "$1: its stack is executable"
    readelf -sW "$1" | grep -q __stack_chk_fail || fail "$1: no stack protector"
    [ "$VARIANT" != release ] || readelf -sW "$1" | grep -qE '__[a-z]+_chk(@| |$)' ||
        fail "$1: not fortified"
}
# installed LIBDIR: what must be under $root/usr, libraries in LIBDIR.
installed() {
    local file
    for file in "$1"/libkv{,-edge}.{so,a} "$1"/pkgconfig/libkv{,-edge}.pc include/kv{,_edge}.h \
        bin/kv bin/edge-server share/man/man1/{kv,edge-server}.1 share/man/man3/libkv{,-edge}.3 \
        share/man/man3/kv_{get,options,edge_begin}.3; do
        [ -s "$root/usr/$file" ] || fail "$file was not installed"
    done
}
# run_installed LIBDIR PROGRAM ARGUMENT...: as if / were $root.
run_installed() { LD_LIBRARY_PATH=$root/usr/$1 "$root/usr/bin/$2" "${@:3}" >/dev/null || fail "the installed $2 does not run"; }

run_make install
installed lib
soname=$(readelf -d "$root/usr/lib/libkv.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$(readlink "$root/usr/lib/libkv.so")" = "$soname" ] || fail "libkv.so is no link to $soname"
[ "$(readlink "$root/usr/lib/$soname")" = "libkv.so.$VERSION" ] ||
    fail "$soname is no link to libkv.so.$VERSION"
for page in docs/man/*.1 "$BUILD"/man/*.3; do
    cmp "$page" "$root/usr/share/man/man${page##*.}/${page##*/}" || fail "$page was not installed"
done
cmp libkv/cli/kv.bash "$root/usr/share/bash-completion/completions/kv" ||
    fail 'the completion was not installed'
if grep -r "$root" "$root" >/dev/null 2>&1; then fail 'an installed file knows DESTDIR'; fi

for program in kv edge-server; do
    hardened "$root/usr/bin/$program" 'PIE'
    has_tag "$root/usr/bin/$program" "NEEDED.*\[$soname\]" || fail "$program is not linked to libkv.so"
    ! has_tag "$root/usr/bin/$program" RUNPATH || fail "the installed $program has a RUNPATH"
    run_installed lib $program --help
    # From the build tree too, whatever is installed.
    env -u LD_LIBRARY_PATH ldd "$OUT/$program" | grep -qF "$(realpath "$OUT")/$soname" ||
        fail "$program in the build tree does not use the library beside it"
done
for library in libkv libkv-edge; do hardened "$root/usr/lib/$library.so" SONAME; done

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

nothing_left() {
    local left
    left=$(find "$root" ! -type d)
    [ -z "$left" ] || fail "left after uninstall: $left"
    rm -rf "$root"
}
run_make uninstall
nothing_left

# Directories as a distribution chooses them; and completions for shells other than bash.
echo zsh >"$scratch/zsh"
echo fish >"$scratch/fish"
libdir=lib/x86_64-linux-gnu
chosen=("libdir=/usr/$libdir" bindir=/usr/libexec/kv includedir=/usr/include/kv mandir=/usr/man
    "ZSH_COMPLETION=$scratch/zsh" "FISH_COMPLETION=$scratch/fish")
run_make "${chosen[@]}" install
for file in "$libdir/libkv.so.$VERSION" $libdir/pkgconfig/libkv-edge.pc libexec/kv/kv \
    include/kv/kv_edge.h man/man1/kv.1 man/man3/kv_get.3 share/zsh/site-functions/_kv \
    share/fish/vendor_completions.d/kv.fish; do
    [ -s "$root/usr/$file" ] || fail "$file was not installed where it was asked for"
done
[ ! -e "$root/usr/lib/libkv.so" ] && [ ! -e "$root/usr/bin" ] && [ ! -e "$root/usr/share/man" ] ||
    fail 'something was installed where it was not asked for'
! has_tag "$root/usr/libexec/kv/kv" RUNPATH || fail 'kv has a RUNPATH to a directory of the system'
export PKG_CONFIG_PATH=$root/usr/$libdir/pkgconfig
# shellcheck disable=SC2046
"$cc" -o "$scratch/multiarch" "$scratch/version.c" $(flags_of --cflags --libs libkv)
LD_LIBRARY_PATH=$root/usr/$libdir "$scratch/multiarch" >/dev/null || fail 'a program does not run with the multiarch library'
run_make "${chosen[@]}" uninstall
nothing_left

# Under a prefix of one's own the programs find the library, also when all of it has been moved.
run_make prefix=/home/me/kv install
mv "$root/home/me/kv" "$scratch/moved"
for program in kv edge-server; do
    env -u LD_LIBRARY_PATH "$scratch/moved/bin/$program" --help >/dev/null ||
        fail "$program does not find its library under a prefix of one's own"
done
