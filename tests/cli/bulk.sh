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
expect 3 'this is an array' "$kv" import site "$dir/list.json"
expect 3 'line 2: Value is missing' "$kv" import site - <<<$'{"Key":"l1","Value":"1"}\n{"Key":"l2"}\n'
grep -q 'stopped there; the lines before it are done' "$dir/err" || failed 'a bad line: what is done is not said'
same 1 "$("$kv" get site l1)" 'the line before a bad one'
printf '{"Key":"last","Value":"no line feed"}\r\n\n{"Key":"last","Value":"no line feed"}' >"$dir/lines"
expect 0 '^written 2 keys' "$kv" import site "$dir/lines"
same 'no line feed' "$("$kv" get site last)" 'the last line'

# Out and in again: the same
"$kv" put site meta value --metadata $'text/\xc3\xa9' --expires 2032-01-01 >/dev/null
expect 3 'begin anew with --base64' "$kv" export site
"$kv" export site --base64 >"$dir/export" || failed 'an export'
expect 0 '' "$kv" import copy - --value-max 25MiB <"$dir/export"
same "$("$kv" digest site | cut -d' ' -f1)" "$("$kv" digest copy | cut -d' ' -f1)" 'digests'
"$kv" export copy --base64 | cmp - "$dir/export" || failed 'an export of the copy'
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

# Many, in several batches
seq 25000 | sed 's/.*/{"Key":"many\/&","Value":"value of &"}/' >"$dir/many"
expect 0 '^written 25,000 keys' "$kv" import copy "$dir/many"
same 25000 "$("$kv" count copy --prefix many/)" 'count after an import'
expect 0 '^deleted 25,000$' "$kv" del copy --prefix many/ --yes
same 0 "$("$kv" count copy --prefix many/)" 'count after del --prefix'

finish
