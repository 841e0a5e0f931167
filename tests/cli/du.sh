#!/usr/bin/env bash
# kv: du. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init >/dev/null && "$kv" ns create site >/dev/null && "$kv" ns create empty >/dev/null || exit 1
# put KEY SIZE: a value of so many bytes.
put() { head -c "$2" /dev/zero | tr '\0' x | "$kv" put site "$1" - >/dev/null; }
put a/b/1 100 && put a/b/2 50 && put a/bc 200 && put a0 7 && put a/c/1 400 && put z 10 && put zz/ 20 || exit 1

# rows OPTIONS...: "keys used prefix" of each row of prefixes, then the largest keys, as JSON tells them.
rows() {
    "$kv" du site --json "$@" | sed 's/"Largest"/\n&/; s/{/\n&/g' |
        sed -nE 's/.*"Prefix":"([^"]*)","Used":([0-9]+),.*"Keys":([0-9]+).*/\3 \2 \1/p
            s/.*"Key":"([^"]*)","Used":([0-9]+).*/\2 \1/p' | paste -sd,
}
same '7 812 ,4 769 a/,1 23 zz/,405 a/c/1,204 a/bc,105 a/b/1' "$(rows --top 3)" 'du'
same '7 812 ' "$(rows --depth 0 --top 0)" 'du without prefixes'
same '7 812 ,4 769 a/,1 405 a/c/,2 160 a/b/,1 23 zz/' "$(rows --depth 2 --top 0)" 'du to depth 2'
same "$(rows --depth 2 --top 0)" "$(rows --depth 600 --top 0)" 'du to the end'
same '4 769 a/,1 405 a/c/,2 160 a/b/,405 a/c/1' "$(rows --prefix a/ --top 1)" 'du below a prefix'
same '2 160 a/b/,105 a/b/1,55 a/b/2' "$(rows --prefix a/b/ --top 9)" 'du, more asked for than there is'
same '0 0 none' "$(rows --prefix none)" 'du of nothing'
expect 0 '^ +7 +812 B .*\[#{20}\] 100 %  \(all keys\)$' "$kv" du site
expect 0 '^ +4 +769 B .*\[#{18}\.\.\]  94 %  a/$' "$kv" du site
expect 0 '^ +405 B .*\] +49 %  a/c/1$' "$kv" du site
expect 0 '^ +0 +0 B .*\(all keys\)$' "$kv" du empty
expect_not LARGEST
expect 64 'takes a whole number' "$kv" du site --depth x
expect 64 'at most 1000' "$kv" du site --top 1001
expect 3 'no namespace none' "$kv" du none

# Against what the namespace counts, with many prefixes
seq 3000 | sed 's|.*|{"Key":"d&/k/&","Value":"&","Metadata":"m&"}|' | "$kv" import site - >/dev/null || exit 1
same "$("$kv" ns show site --json | sed -E 's/.*"Used":([0-9]+),.*/\1/')" \
    "$("$kv" du site --json | sed -E 's/^\{"Prefix":"","Used":([0-9]+),.*/\1/')" 'the sum of du'
same 3002 "$("$kv" du site --json --top 0 | grep -o '"Prefix":"[^"]' | wc -l)" 'prefixes of du'

finish
