#!/usr/bin/env bash
# kv: batch-put, batch-del, import, export, digest. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

"$kv" init >/dev/null && "$kv" ns create site >/dev/null && "$kv" ns create copy >/dev/null || exit 1

# A batch: verdicts in the order of the document
cat >"$dir/list.json" <<'END'
[{"Key":"a","Value":"1"}, {"Key":"b c","Value":"2"}, {"Key":"d","Value":"3","ExpirationTtl":3600},
 {"Key":"e","Value":"4","ExpirationTtl":-5}, {"Key":"","Value":"5"}, {"Key":"n\u0000","Value":"6"},
 {"Key":"p","Value":"7","Expiration":1000}, {"Key":"a","Value":"8"}, {"Key":"é","Value":"\u0000"}]
END
expect 2 '' "$kv" batch-put site "$dir/list.json"
same '{"SuccessKeys":["d","a","é"],"FailKeys":["b c","e","","n\u0000","p"]' \
    "$(sed 's/,"Failures".*//' "$dir/out")" 'SuccessKeys and FailKeys'
same 5 "$(grep -o '{"Key":"[^"]*","Code":"[A-Za-z.]*","Message":"[^"]*"}' "$dir/out" | wc -l)" 'Failures'
grep -q '"Key":"b c","Code":"InvalidKey.Malformed"' "$dir/out" ||
    failed "code of a malformed key: $(cat "$dir/out")"
same 8 "$("$kv" get site a)" 'of a duplicate the last one stays'
expect 0 '"FailKeys":\[\],"Failures":\[\]' "$kv" batch-put site - <<<'[{"Key":"x","Value":"y"}]'
expect 3 'element \[1\]: Value is missing; nothing was written' "$kv" batch-put site \
    <<<'[{"Key":"unseen","Value":"1"},{"Key":"b"}]'
expect 3 'line 2, column' "$kv" batch-put site <<<$'[\n{"Key" 1}]'
expect 3 'not an array' "$kv" batch-put site <<<'{"Key":"a","Value":"b"}'
expect 3 'not an integer' "$kv" batch-put site <<<'[{"Key":"a","Value":"b","Expiration":1.5}]'
expect 3 'column' "$kv" batch-put site <<<'[{"Key":"a","Value":"\ud800"}]'
expect 3 'array is empty' "$kv" batch-put site <<<'[]'
expect 3 'KV_TOO_MANY_KEYS' "$kv" batch-put site \
    < <(echo '[{"Key":"k","Value":""}'; yes ',{"Key":"k","Value":""}' | head -10000; echo ']')
expect 1 '' "$kv" get site unseen
expect 4 'cannot open' "$kv" batch-put site "$dir/none"
expect 3 'no namespace none' "$kv" batch-put none "$dir/list.json"
expect 2 '"SuccessKeys":\["d","none"\],"FailKeys":\["b c"\]' "$kv" batch-del site <<<'["d","b c","none"]'
expect 3 'element \[0\]: not a string' "$kv" batch-del site <<<'[1]'

# A directory
mkdir -p "$dir/tree/css/deep" "$dir/tree/empty"
echo html >"$dir/tree/index.html"
head -c 70000 /dev/urandom >"$dir/tree/css/deep/bin"
echo space >"$dir/tree/a b"
head -c 2000001 /dev/zero >"$dir/tree/large"
ln -s index.html "$dir/tree/link"
expect 2 'KV_KEY_MALFORMED.*"a b"' "$kv" import site "$dir/tree/"
expect 2 'KV_VALUE_TOO_LONG.*"large"' "$kv" import site "$dir/tree"
expect 2 'skipped 1 link or special file' "$kv" import site "$dir/tree"
"$kv" get site css/deep/bin | cmp - "$dir/tree/css/deep/bin" || failed 'an imported file'
expect 2 '^written 3 keys' "$kv" import site "$dir/tree" --value-max 25MiB
"$kv" get site large | cmp - "$dir/tree/large" || failed 'a large imported file'
expect 4 'cannot open' "$kv" import site "$dir/none"

# Lines
printf '{"Key":"l0","Value":"0"}\n{"Key" 1}\n' >"$dir/syntax"
expect 3 'this is an array' "$kv" import site "$dir/list.json"
expect 3 'line 2: Value is missing' "$kv" import site - <<<$'{"Key":"l1","Value":"1"}\n{"Key":"l2"}\n'
grep -q 'stopped there; the lines before it are done' "$dir/err" || failed 'a bad line: what is done is not said'
expect 3 "^kv import: $dir/syntax, line 2, column 8: " "$kv" import site "$dir/syntax"
same 1 "$("$kv" get site l1)" 'the line before a bad one'
printf '{"Key":"last","Value":"no line feed"}\r\n\n{"Key":"last","Value":"no line feed"}' >"$dir/lines"
expect 0 '^written 2 keys' "$kv" import site "$dir/lines"
same 'no line feed' "$("$kv" get site last)" 'the last line'

# Out and in again: the same
"$kv" put site meta value --metadata $'text/\xc3\xa9' --expires 2032-01-01 >/dev/null
"$kv" export site >"$dir/export" || failed 'an export'
grep -q '^{"Key":"css/deep/bin","Value":"[A-Za-z0-9+/=]*","Base64":true}$' "$dir/export" ||
    failed 'a value that is not UTF-8 is not written as base64'
expect 0 '' "$kv" import copy - --value-max 25MiB <"$dir/export"
same "$("$kv" digest site | cut -d' ' -f1)" "$("$kv" digest copy | cut -d' ' -f1)" 'digests'
"$kv" export copy | cmp - "$dir/export" || failed 'an export of the copy'
expect 0 '^metadata +text/é' "$kv" show copy meta
expect 0 '^expires +2032-01-01T00:00:00Z' "$kv" show copy meta
same "$("$kv" list site)" "$(LC_ALL=C sort <("$kv" list copy))" 'keys in byte order'
before=$("$kv" digest copy)
"$kv" touch copy meta --permanent >/dev/null
[ "$before" != "$("$kv" digest copy)" ] || failed 'digest without the deadline'

# Text needs no base64; and it does not matter to the digest in which order keys were written
"$kv" ns create one >/dev/null && "$kv" ns create other >/dev/null || exit 1
cat >"$dir/text" <<'END'
{"Key":"a","Value":"1","Metadata":"m"}
{"Key":"b","Value":"\"é"}
{"Key":"c","Value":"","Metadata":"n"}
END
expect 0 '^written 3 keys' "$kv" import one "$dir/text"
"$kv" export one | cmp - "$dir/text" || failed 'an export of text'
expect 0 '^created' "$kv" put other c ''
expect 0 '^written 3 keys' "$kv" import other <(tac "$dir/text")
same "$("$kv" digest one | cut -d' ' -f1)" "$("$kv" digest other | cut -d' ' -f1)" \
    'digests after another order of writing'

# Bad lines are counted and the others imported, on request
"$kv" ns create faults >/dev/null
for i in 1 2 3 4 5 6; do
    case $i in
    2) echo '{"Key" 1}' ;;
    4) echo '{"Value":"x"}' ;;
    *) echo "{\"Key\":\"good/$i\",\"Value\":\"$i\"}" ;;
    esac
done >"$dir/faults"
expect 3 'line 2, column 8' "$kv" import faults "$dir/faults"
expect_not 'good/3'
same 1 "$("$kv" count faults)" 'keys before the first bad line'
expect 2 'BAD_LINE.*"line 2, column 8: ' "$kv" import faults "$dir/faults" --keep-going
expect 2 '^  2  BAD_LINE' "$kv" import faults "$dir/faults" --keep-going
expect 2 '^written 4 keys' "$kv" import faults "$dir/faults" --keep-going
same 4 "$("$kv" count faults)" 'keys among bad lines'

# A line that no value can be as long as is not kept in memory, and is a bad line as others
long_line() {
    echo '{"Key":"before","Value":"1"}'
    head -c 158000000 /dev/zero | tr '\0' x
    printf '\n{"Key":"behind","Value":"1"}'
}
long_line >"$dir/long"
expect 3 'long, line 2: too long' "$kv" import faults "$dir/long"
expect 2 'BAD_LINE.*"line 2: too long"' "$kv" import faults "$dir/long" --keep-going
expect 2 '^written 2 keys' "$kv" import faults "$dir/long" --keep-going
printf '\n%s\n' '{"Key"' >>"$dir/long"
expect 2 'BAD_LINE.*"line 2: too long"' "$kv" import faults "$dir/long" --keep-going
expect 2 '^  2  BAD_LINE' "$kv" import faults "$dir/long" --keep-going
rm "$dir/long"

# Only the keys with a prefix
"$kv" ns create part >/dev/null && "$kv" ns create whole >/dev/null || exit 1
printf '{"Key":"%s","Value":"v"}\n' a/1 a/2 b/1 ab >"$dir/prefixes"
expect 0 '^written 4 keys' "$kv" import whole "$dir/prefixes"
expect 0 '^left out 2 keys' "$kv" import part "$dir/prefixes" --prefix a/
same "$("$kv" export whole --prefix a/)" "$("$kv" export part)" 'an export with a prefix'
same "$("$kv" digest whole --prefix a/ | cut -d' ' -f1)" "$("$kv" digest part | cut -d' ' -f1)" \
    'a digest with a prefix'
[ "$("$kv" digest whole | cut -d' ' -f1)" != "$("$kv" digest part | cut -d' ' -f1)" ] ||
    failed 'a digest without the prefix is the same'
same '' "$("$kv" export whole --prefix c)" 'an export of no key'
expect 0 '"Key":"ab"' "$kv" export whole --prefix ''
expect 3 'KV_KEY_MALFORMED' "$kv" export whole --prefix 'a b'
mkdir -p "$dir/prefixed/a" && touch "$dir/prefixed/a/in" "$dir/prefixed/out"
expect 0 '^written 1 key,' "$kv" import whole "$dir/prefixed" --prefix a/
same 5 "$("$kv" count whole)" 'keys after a directory with a prefix'

# Names that no key can have: rejected, or with escapes
mkdir -p "$dir/odd/a dir"
echo one >"$dir/odd/a dir/b%c"
echo two >"$dir/odd/"$'tab\there'
echo three >"$dir/odd/"$'not\xffutf8'
echo four >"$dir/odd/é"
"$kv" ns create odd >/dev/null
expect 2 'percent imports such names' "$kv" import odd "$dir/odd"
expect 0 '^written 4 keys' "$kv" import odd "$dir/odd" --percent
same one "$("$kv" get odd a%20dir/b%25c)" 'a name with spaces and a percent sign'
same two "$("$kv" get odd tab%09here)" 'a name with a control character'
same three "$("$kv" get odd not%FFutf8)" 'a name that is not UTF-8'
same four "$("$kv" get odd é)" 'a name that needs no escape'
expect 64 'takes a directory' "$kv" import odd "$dir/lines" --percent

# What is full ends an import early, with the place; a single pair that is too large does not
"$kv" ns create small --capacity 20kB >/dev/null
seq 200000 | sed 's/.*/{"Key":"fill\/&","Value":"value of &"}/' >"$dir/fill"
expect 3 "stopped at line [0-9,]+, byte [0-9,]+ of $(stat -c %s "$dir/fill" | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta')" \
    "$kv" import small "$dir/fill"
grep -q 'none found room: .*(KV_NAMESPACE_FULL)' "$dir/err" || failed 'why an import stopped is not said'
grep -q 'raise the capacity with: kv ns capacity' "$dir/err" || failed 'what to do about it is not said'
same 0 "$(grep -c 'raise the capacity' "$dir/out")" 'the advice a second time'
failed_keys=$(sed -n 's/^failed \([0-9,]*\) keys/\1/p' "$dir/out" | tr -d ,)
[ "$failed_keys" -lt 30000 ] || failed "it went on for $failed_keys keys"
expect 0 '' "$kv" del small --prefix fill/ --yes
large=$(head -c 30000 /dev/zero | tr '\0' x)
for i in $(seq 90); do echo "{\"Key\":\"large/$i\",\"Value\":\"$large\"}"; done >"$dir/large"
echo '{"Key":"fits","Value":"v"}' >>"$dir/large"
expect 2 '^written 1 key,' "$kv" import small "$dir/large"
expect 2 'KV_NAMESPACE_FULL' "$kv" import small <(head -5 "$dir/large")
expect_not 'stopped'
mkdir "$dir/files"
for i in $(seq 100 250); do head -c 30000 /dev/zero >"$dir/files/$i"; done
expect 3 'stopped at the key [0-9]+: of the last [0-9]+ keys none found room' "$kv" import small "$dir/files"
rm -r "$dir/files"

# Many, in several batches
seq 25000 | sed 's/.*/{"Key":"many\/&","Value":"value of &"}/' >"$dir/many"
expect 0 '^written 25,000 keys' "$kv" import copy "$dir/many"
same 25000 "$("$kv" count copy --prefix many/)" 'count after an import'
expect 0 '^deleted 25,000$' "$kv" del copy --prefix many/ --yes
same 0 "$("$kv" count copy --prefix many/)" 'count after del --prefix'

# On a terminal there is a line of progress, which messages and the end clear
clear=$'\033[K'
if has_terminal 'progress on a terminal'; then
    (cat "$dir/many" && echo 'no JSON') >"$dir/ends_badly"
    on_terminal '' "$kv" import odd "$dir/ends_badly" >"$dir/terminal"
    grep -qE '[0-9] %  [0-9,]+ keys  .*/s' "$dir/terminal" || failed "no progress: $(cat -v "$dir/terminal")"
    for text in 'kv import: ' 'written '; do
        grep -qF "$clear$text" "$dir/terminal" || failed "\"$text\" runs into the progress: $(cat -v "$dir/terminal")"
    done
    on_terminal '' sh -c "'$kv' export odd >'$dir/exported'" >"$dir/terminal"
    grep -qE '[0-9] %  [0-9,]+ keys  .*/s' "$dir/terminal" || failed "no progress: $(cat -v "$dir/terminal")"
    "$kv" export odd | cmp - "$dir/exported" || failed 'an export with progress'
    on_terminal '' "$kv" export faults >"$dir/terminal"
    ! grep -qF "$clear" "$dir/terminal" || failed 'progress among the lines of an export'
fi
"$kv" import odd "$dir/many" >"$dir/out" 2>&1
expect_not "$(printf '\033')"

finish
