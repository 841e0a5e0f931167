#!/usr/bin/env bash
# Every shell script parses, the completion too; and the completion knows the subcommands of the
# command, and no option that the command does not have.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
: "${OUT:?is set by make}"
status=0
fail() {
    echo "check_scripts: $*"
    status=1
}

for script in .ci/run .ci/setup examples/*.sh tests/*.sh tests/*/*.sh libkv/cli/kv.bash; do
    bash -n "$script" || fail "$script does not parse"
done

# complete WORDS...: what the completion offers for the last one.
complete_words() {
    bash -c 'source libkv/cli/kv.bash && COMP_WORDS=(kv "$@") && COMP_CWORD=$# && _kv &&
        printf "%s\n" "${COMPREPLY[@]}"' complete "$@"
}
names() { "$OUT/kv" help | sed -nE 's/^  ([a-z-]+( [a-z]+)?)  +[A-Z].*/\1/p'; }
[ "$(names | wc -l)" -gt 10 ] || fail 'kv help lists no subcommands'

offered=$(complete_words '' | grep -v '^-' | sort)
wanted=$(names | cut -d' ' -f1 | sort -u)
[ "$offered" = "$wanted" ] || fail "completion offers other subcommands than kv help:
$(diff <(echo "$wanted") <(echo "$offered"))"
offered=$(complete_words ns '' | sort)
wanted=$(names | sed -n 's/^ns //p' | sort)
[ "$offered" = "$wanted" ] || fail "completion offers other words after ns: $offered"

while read -r name; do
    # shellcheck disable=SC2086 # Two words for "ns create".
    { help=$("$OUT/kv" help $name) && known=$(complete_words $name --); } </dev/null
    while read -r option; do
        [[ $help == *"$option"* ]] || fail "completion offers $option for $name, whose help has none"
    done <<<"$known"
    # What the usage line and the list of options have.
    while read -r option; do
        grep -qx -e "$option" <<<"$known" || fail "completion does not know $option of $name"
    done < <(sed -nE 's/^  (--[a-z0-9-]+) .*/\1/p' <<<"$help" &&
        head -n 1 <<<"$help" | grep -oE -e '--[a-z0-9-]+')
done < <(names)
exit $status
