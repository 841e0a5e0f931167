#!/usr/bin/env bash
# kv: edit. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init >/dev/null && "$kv" ns create site >/dev/null || exit 1
mkdir "$dir/tmp" && export TMPDIR=$dir/tmp kv dir
unset VISUAL EDITOR
"$kv" put site page.html $'one\ntwo\n' --metadata note --expires 2031-12-31 >/dev/null
# edit STATUS PATTERN KEY LINE: with a line of shell as the editor; $1 is the file.
edit() {
    printf '#!/bin/sh\n%s\n' "$4" >"$dir/editor" && chmod +x "$dir/editor"
    expect "$1" "$2" env EDITOR="$dir/editor" "$kv" edit site "$3"
}
# kept WANTED: files that are left of edits; then they are removed.
kept() {
    same "$1" "$(find "$dir/tmp" -type f | wc -l)" 'files that are kept'
    rm -f "$dir"/tmp/*
}

# Written if it has changed; the rest stays
edit 0 '^replaced version [0-9]+, expires 2031-12-31' page.html 'sed -i s/two/2/ "$1"'
same $'one\n2' "$("$kv" get site page.html)" 'an edited value'
expect 0 '^metadata +note' "$kv" show site page.html
edit 0 '^not changed' page.html 'touch "$1"'
edit 0 '^not changed' page.html 'cp "$1" "$1.new" && mv "$1.new" "$1"'
edit 0 '^replaced' page.html 'case $1 in *.html) echo html ;; esac >"$1"; stat -c %a "$1" >"$dir/mode"'
same html "$("$kv" get site page.html)" 'the suffix of the file'
same 600 "$(cat "$dir/mode")" 'the mode of the file'
kept 0
expect 0 '^replaced' env EDITOR=false VISUAL='sed -i -e s/html/visual/' "$kv" edit site page.html
same visual "$("$kv" get site page.html)" 'VISUAL, with arguments'

# A last line that does not end, and bytes of all kinds
"$kv" put site open 'no line feed' >/dev/null
edit 0 '^not changed' open 'echo >>"$1"'
edit 0 '^replaced' open 'echo changed >"$1"'
same 7 "$("$kv" get site open | wc -c)" 'a value that did not end in a line feed'
edit 0 '^replaced' open ': >"$1"'
same 0 "$("$kv" get site open | wc -c)" 'a value that was emptied'
head -c 100000 /dev/urandom >"$dir/binary"
"$kv" put site open --file "$dir/binary" >/dev/null
edit 0 '^replaced' open 'cmp "$1" "$dir/binary" && echo same >"$1"'
same same "$("$kv" get site open)" 'bytes of all kinds in the file'

# A conflict keeps what was edited
edit 3 'was written by another process while you edited it' page.html '"$kv" put site page.html theirs >/dev/null; echo mine >"$1"'
same theirs "$("$kv" get site page.html)" 'the other writer stays'
same mine "$(cat "$(sed -nE 's/.*what you edited is in (.*)/\1/p' "$dir/err")")" 'the file that is kept'
kept 1
edit 3 'was deleted, or has expired, while' page.html '"$kv" del site page.html >/dev/null; echo mine >"$1"'
expect 1 'no key' "$kv" get site page.html
kept 1
"$kv" put site page.html value >/dev/null
edit 3 'KV_NAMESPACE_FULL' page.html '"$kv" ns capacity site 100 >/dev/null; head -c 1000 /dev/zero >"$1"'
kept 1
"$kv" ns capacity site unlimited >/dev/null

# The editor fails
edit 3 'ended with 5: nothing was written' page.html 'exit 5'
kept 0
edit 3 'ended with 5: nothing was written' page.html 'echo mine >"$1"; exit 5'
same value "$("$kv" get site page.html)" 'an editor that failed'
kept 1
expect 3 'ended with 127' env EDITOR="$dir/none" "$kv" edit site page.html
edit 4 'cannot open' page.html 'rm "$1"'
rm -f "$dir"/tmp/*
expect 4 'cannot make a file in /none' env TMPDIR=/none EDITOR=true "$kv" edit site page.html
expect 1 'no key none' env EDITOR=true "$kv" edit site none
expect 3 'no namespace none' env EDITOR=true "$kv" edit none a
kept 0

finish
