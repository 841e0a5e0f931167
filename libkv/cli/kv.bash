# bash completion for kv(1). It goes to /usr/share/bash-completion/completions/kv.

# The store of the command line, if it names one.
_kv_store() {
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --store) printf '%s\n' --store "${COMP_WORDS[i + 1]/#\~/$HOME}" ;;
            --store=*) printf '%s\n' "${COMP_WORDS[i]}" ;;
        esac
    done
}

_kv_namespaces() {
    local store
    mapfile -t store < <(_kv_store)
    command kv "${store[@]}" ns ls 2>/dev/null </dev/null | awk 'NR > 1 { print $1 }'
}

_kv_keys() {
    local store
    mapfile -t store < <(_kv_store)
    command kv "${store[@]}" list "$1" --prefix "$2" --limit 100 2>/dev/null </dev/null
}

# The options of a subcommand.
_kv_options() {
    local settings='--capacity --changes-bytes --changes-age --no-changes --namespaces-max'
    case $1 in
        init) echo "--mode --map-size $settings" ;;
        seal) echo '--mode' ;;
        settings) echo "--json $settings" ;;
        check) echo '--all --json' ;;
        stat) echo '--json --prometheus' ;;
        'ns create') echo '--description --capacity' ;;
        'ns ls') echo '--json' ;;
        'ns show') echo '--json' ;;
        'ns drop') echo '--yes' ;;
        'ns copy') echo '--into' ;;
        put)
            echo '--ttl --expires --metadata --if-absent --if-version' \
                '--keep-ttl --keep-metadata --file --value-max' ;;
        touch) echo '--ttl --expires --permanent' ;;
        add) echo '--ttl --expires' ;;
        get) echo '--json --raw' ;;
        show) echo '--json' ;;
        del) echo '--prefix --yes' ;;
        list) echo '--prefix --after --limit --reverse --long --json' ;;
        search) echo '--ignore-case --limit --long --json' ;;
        count) echo '--prefix' ;;
        du) echo '--prefix --depth --top --json' ;;
        import) echo '--all --prefix --keep-going --percent --value-max' ;;
        export) echo '--all --prefix' ;;
        digest) echo '--all --prefix' ;;
        changes) echo '--after --prefix --limit --last --follow --json' ;;
    esac
}

_kv() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands='init settings sweep seal check stat ns put touch add get show edit del list search count du
        batch-put batch-del import export digest changes help'
    local words=() word command i

    COMPREPLY=()
    case $previous in
        --store) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
        --file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do # The words that are no options.
        word=${COMP_WORDS[i]}
        case $word in
            --store | --ttl | --expires | --metadata | --if-version | --file | --value-max | \
                --prefix | --after | --limit | --last | --depth | --top | --capacity | --description | --map-size | \
                --changes-bytes | --changes-age | --namespaces-max | --mode) ((i++)) ;;
            -*) ;;
            *) words+=("$word") ;;
        esac
    done
    if ((${#words[@]} == 0)); then
        mapfile -t COMPREPLY < <(compgen -W "$commands --store --read-only --version --help" -- "$current")
        return
    fi
    command=${words[0]}
    if [[ $command == ns ]]; then
        if ((${#words[@]} == 1)); then
            mapfile -t COMPREPLY < <(compgen -W 'create ls show drop capacity rename copy' -- "$current")
            return
        fi
        command="ns ${words[1]}"
        words=("${words[@]:1}")
    fi
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_kv_options "$command") --store --read-only --help" -- "$current")
        return
    fi
    if [[ $command == import && " ${COMP_WORDS[*]} " == *' --all '* ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    case $command:${#words[@]} in
        help:1) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current") ;;
        put:1 | touch:1 | add:1 | get:1 | show:1 | edit:1 | del:1 | list:1 | search:1 | count:1 | du:1 | \
            batch-put:1 | batch-del:1 | import:1 | export:1 | digest:1 | changes:1 | \
            'ns show:1' | 'ns drop:1' | 'ns capacity:1' | 'ns rename:1' | \
            'ns copy:1' | 'ns copy:2')
            mapfile -t COMPREPLY < <(compgen -W "$(_kv_namespaces)" -- "$current") ;;
        put:2 | touch:2 | add:2 | get:* | show:2 | edit:2 | del:*)
            mapfile -t COMPREPLY < <(_kv_keys "${words[1]}" "$current") ;;
        batch-put:2 | batch-del:2 | import:2)
            mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    esac
}

complete -F _kv kv
