#!/usr/bin/env bash
# kv: what is said of a write that failed is what became of it. $1 is the command.
source "$(dirname "$0")/../support/cli.sh"

if [ "${VARIANT:-release}" != release ] && [ "${VARIANT:-release}" != debug ]; then
    echo 'SKIP: sanitizers and coverage do not like another library in front'
    exit 0
fi
"${CC:-cc}" -shared -fPIC -O1 -D_GNU_SOURCE -o "$dir/fail.so" "$(dirname "$0")/fail.c" || exit 1
failing_meta() { env LD_PRELOAD="$dir/fail.so" KV_FAIL_META="$1" "${@:2}"; }
failing_malloc() { env LD_PRELOAD="$dir/fail.so" KV_FAIL_MALLOC="$1" "${@:2}"; }

# A commit whose meta page was not written, or was though the system said no: the command asks the store
# anew. The store opens and knows, and what the command says is true.
is_said() { cat "$dir/out" "$dir/err" | grep -q "$1"; }
"$kv" init >/dev/null && "$kv" ns create site >/dev/null && "$kv" put site old x >/dev/null || exit 1
cp -r "$KV_STORE" "$dir/template"
# unknown before|after KEY STATUS COMMAND...: run it; if it took effect, kv get of KEY exits with STATUS.
unknown() {
    local when=$1 key=$2 want=$3 got=0
    shift 3
    rm -rf "$KV_STORE" && cp -r "$dir/template" "$KV_STORE"
    expect 4 KV_COMMIT_UNKNOWN failing_meta "$when" "$@"
    ! is_said 'nothing.*written' || failed "$*: says that nothing was written"
    "$kv" get site "$key" >/dev/null 2>&1 || got=$?
    case $got in
    "$want") is_said 'says: it took effect' ;;
    [01]) is_said 'says: it did not take effect; run it again' ;;
    *) false ;;
    esac || failed "$* ($when): kv get answers $got, and it said: $(cat "$dir/err")"
}
for when in before after; do
    unknown $when key 0 "$kv" put site key x
    unknown $when key 0 "$kv" add site key 1
    unknown $when key 0 "$kv" put site key x --keep-ttl --keep-metadata
    unknown $when key 0 "$kv" batch-put site - <<<'[{"Key":"key","Value":"x"}]'
    unknown $when old 1 "$kv" batch-del site - <<<'["old"]'
    unknown $when key 0 "$kv" import site - <<<'{"Key":"key","Value":"x"}'
    unknown $when key 0 "$kv" import --all - \
        <<<$'{"Namespace":"site","Capacity":1000}\n{"Key":"key","Value":"x"}'
    unknown $when old 1 "$kv" del site old
    unknown $when old 1 "$kv" del site --prefix ol --yes
    rm -rf "$KV_STORE" && cp -r "$dir/template" "$KV_STORE"
    expect 4 'may have taken effect or not' failing_meta $when "$kv" ns create other
done
rm -rf "$dir/template"

# Making and sealing a store: where it failed though it is done, that is said
number=0
while [ "$number" -lt 200 ]; do
    rm -rf "$KV_STORE"
    code=0
    failing_malloc $number "$kv" init >"$dir/out" 2>"$dir/err" || code=$?
    if "$kv" settings >/dev/null 2>&1; then
        is_said 'made' || failed "init where allocation $number failed does not say that there is a store:
$(cat "$dir/err")"
    elif [ "$code" = 0 ] || is_said 'made nevertheless'; then
        failed "init where allocation $number failed says that there is a store"
    fi
    number=$((number + 1))
done
rm -rf "$KV_STORE"
"$kv" init >/dev/null && "$kv" ns create site >/dev/null || exit 1
cp -r "$KV_STORE" "$dir/template"
number=0
while [ "$number" -lt 100 ]; do
    rm -rf "$KV_STORE" && cp -r "$dir/template" "$KV_STORE"
    code=0
    failing_malloc $number "$kv" seal >"$dir/out" 2>"$dir/err" || code=$?
    if "$kv" put site a x >/dev/null 2>&1; then
        ! is_said 'sealed' || failed "seal where allocation $number failed says that it is sealed"
    else
        is_said 'sealed' || failed "seal where allocation $number failed does not say that it is sealed:
$(cat "$dir/err")"
    fi
    number=$((number + 1))
done
rm -rf "$KV_STORE" && cp -r "$dir/template" "$KV_STORE"
expect 4 'sealed nevertheless' env LD_PRELOAD="$dir/fail.so" KV_FAIL_RENAME=1 "$kv" seal
expect 3 'KV_READ_ONLY' "$kv" put site a x
rm -rf "$KV_STORE" && cp -r "$dir/template" "$KV_STORE"
expect 3 'cannot set the permissions of .*: set the mode of .*CURRENT: Operation not permitted' \
    env LD_PRELOAD="$dir/fail.so" KV_FAIL_CHMOD=1 "$kv" seal --mode 0444
grep -q 'sealed nevertheless' "$dir/err" || failed 'seal --mode that failed does not say that it is sealed'
expect 0 '^sealed' "$kv" seal --mode 0444

finish
