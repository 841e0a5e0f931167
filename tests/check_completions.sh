#!/usr/bin/env bash
# The completions for bash, zsh and fish, the help and the manual page know the same subcommands and
# options: those of the command.
set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1
: "${OUT:?is set by make}"
status=0
fail() {
    echo "check_completions: $*"
    status=1
}
# same WANTED GOT WHAT: two sorted lists.
same() {
    [ "$1" = "$2" ] || fail "$3:
$(diff <(echo "$1") <(echo "$2") | sed -n 's/^</  lacks/p; s/^>/  has besides/p')"
}

# ---- What there is

names() { "$OUT/kv" help | sed -nE 's/^  ([a-z-]+( [a-z]+)?)  +[A-Z].*/\1/p'; }
# The rows of the tables in the sources: {"name", "usage", "summary", ...
tables=$(awk '/cli_command [a-z_]+\[\] = \{$/ { is_in = 1 } /^};/ { is_in = 0 } is_in' libkv/cli/*.c |
    sed -nE 's/^    \{"([a-z-]+( [a-z]+)?)", ".*/\1/p' | sort)
[ "$(wc -l <<<"$tables")" -gt 10 ] || fail 'no tables of subcommands were found'
same "$tables" "$(names | sort)" 'kv help'

# The options that a subcommand's help names, in its usage line and in its list of options.
options_of_help() {
    # shellcheck disable=SC2086
    "$OUT/kv" help $1 </dev/null | {
        read -r usage
        grep -oE -e '--[a-z0-9-]+' <<<"$usage"
        sed -nE 's/^  (-[a-z], )?(--[a-z0-9-]+)( .*|$)/\2/p'
    } | sort -u
}
# Every option in a source must be in some help.
helped=$(while read -r name; do options_of_help "$name"; done < <(names) | sort -u)
while read -r option; do
    grep -qx -e "--$option" <<<"$helped" || fail "no subcommand's help has --$option"
done < <(sed -nE 's/.*/&/; s/\{"([a-z0-9-]+)", (no|required)_argument/\n\1\n/gp' libkv/cli/*.c |
    grep -xE '[a-z0-9-]+' | sort -u | grep -vxE 'store|read-only|help|version')

# ---- Where they must be. Each of these prints a sorted list.

# complete WORDS...: what bash offers for the last one.
complete_words() {
    bash -c 'source libkv/cli/kv.bash && COMP_WORDS=(kv "$@") && COMP_CWORD=$# && _kv &&
        printf "%s\n" "${COMPREPLY[@]}"' complete "$@"
}
common='--help
--read-only
--store'
bash_commands() { complete_words '' | grep -v '^-' | sort; }
bash_second_words() { complete_words ns '' | sort; }
bash_options() {
    # shellcheck disable=SC2086
    complete_words $1 -- </dev/null | grep -vxF -e "$common" | sort
}

zsh_function() { sed -n "/^$1() {/,/^}/p" libkv/cli/_kv; }
zsh_commands() { zsh_function _kv_commands | sed -nE "s/^ *'([a-z-]+):.*/\1/p" | sort; }
zsh_second_words() { zsh_function _kv_ns_commands | sed -nE "s/^ *'([a-z-]+):.*/\1/p" | sort; }
zsh_options() {
    {
        zsh_function _kv_arguments | awk -v name="$1" -v quote="'" '
            $0 == "        (" name ")" || $0 == "        (" quote name quote ")" { is_in = 1 }
            is_in
            / ;;$/ { is_in = 0 }' >"$scratch"
        grep -oE -e '--[a-z0-9-]+' "$scratch"
        ! grep -q '\$settings' "$scratch" ||
            zsh_function _kv_arguments | sed '/^    case/,$d' | grep -oE -e '--[a-z0-9-]+'
    } | sort -u
}

fish_commands() {
    sed -nE "s/^complete -c kv -n '__kv_at 1' -a ([a-z-]+) .*/\1/p" libkv/cli/kv.fish | sort
}
fish_second_words() {
    sed -nE "s/^complete -c kv -n '__kv_at 1 ns' -a ([a-z-]+) .*/\1/p" libkv/cli/kv.fish | sort
}
fish_options() {
    sed -nE "s/^complete -c kv -n '__kv_is $1' .*-l ([a-z0-9-]+) .*/--\1/p" libkv/cli/kv.fish | sort
}

# The lines of the manual page that name a subcommand, its options in them.
manual() { sed 's/\\-/-/g' docs/man/kv.1 | grep -E "^\.BR? (\"$1\"|$1)( |\$)"; }

scratch=$(mktemp) || exit 1
trap 'rm -f "$scratch"' EXIT
for shell in bash zsh fish; do
    same "$(names | cut -d' ' -f1 | sort -u)" "$(${shell}_commands)" "subcommands of $shell"
    same "$(names | sed -n 's/^ns //p' | sort)" "$(${shell}_second_words)" "words after ns of $shell"
done
while read -r name; do
    wanted=$(options_of_help "$name")
    for shell in bash zsh fish; do
        same "$wanted" "$(${shell}_options "$name")" "options of $name of $shell"
    done
    [ "$name" != help ] || continue # In the synopsis.
    described=$(manual "$name") || fail "the manual page has no $name"
    # settings has the options of init, says the page.
    [ "$name" = settings ] && described="$described $(manual init)"
    while read -r option; do
        [ -z "$option" ] || grep -qE -e "$option( |\$)" <<<"$described" ||
            fail "the manual page lacks $option of $name"
    done <<<"$wanted"
done < <(names)
exit $status
