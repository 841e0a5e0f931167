# fish completion for kv(1). It goes to /usr/share/fish/vendor_completions.d/kv.fish.

# The words of the command line that are no options nor their values.
function __kv_words
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --store --ttl --expires --metadata --if-version --file --value-max --prefix --after \
                    --limit --last --depth --top --capacity --description --map-size --changes-bytes \
                    --changes-age --namespaces-max --mode
                set skip 1
            case '-*'
            case '*'
                echo $word
        end
    end
end

# Whether the line is one of a subcommand, of one word or two.
function __kv_is
    set -l words (__kv_words)
    test (count $argv) = 0; and return
    test (count $words) -ge (count $argv); and test "$words[1..$(count $argv)]" = "$argv"
end

# __kv_at N WORDS...: whether what is typed now is the Nth argument of a subcommand; N+ for any from
# there on.
function __kv_at
    set -l given (math (count (__kv_words)) - (count $argv) + 2)
    __kv_is $argv[2..]; or return
    switch $argv[1]
        case '*+'
            test $given -ge (string trim -c + $argv[1])
        case '*'
            test $given = $argv[1]
    end
end

# The store of the command line, if it names one.
function __kv_store
    set -l tokens (commandline -opc)
    for i in (seq (count $tokens))
        switch $tokens[$i]
            case --store
                test $i -lt (count $tokens); and printf '%s\n' --store $tokens[(math $i + 1)]
            case '--store=*'
                printf '%s\n' $tokens[$i]
        end
    end
end

function __kv_namespaces
    command kv (__kv_store) ns ls 2>/dev/null </dev/null | awk 'NR > 1 { print $1 }'
end

# Keys of the namespace that stands behind so many words.
function __kv_keys
    set -l words (__kv_words)
    command kv (__kv_store) list --prefix (commandline -ct) --limit 100 -- $words[$argv[1]] \
        2>/dev/null </dev/null
end

complete -c kv -f
complete -c kv -l store -x -a '(__fish_complete_directories)' -d 'Directory of the store'
complete -c kv -l read-only -d 'Refuse to write'
complete -c kv -l help -d 'Show how it is used'
complete -c kv -n '__kv_at 1' -l version -d 'Show the version'

complete -c kv -n '__kv_at 1' -a init -d 'Make a store'
complete -c kv -n '__kv_at 1' -a settings -d 'Show or change the settings'
complete -c kv -n '__kv_at 1' -a sweep -d 'Remove expired keys'
complete -c kv -n '__kv_at 1' -a seal -d 'Make the store read-only for good'
complete -c kv -n '__kv_at 1' -a check -d 'Check every page and record'
complete -c kv -n '__kv_at 1' -a stat -d 'Show what the store holds'
complete -c kv -n '__kv_at 1' -a ns -d 'Namespaces'
complete -c kv -n '__kv_at 1' -a put -d 'Write a key'
complete -c kv -n '__kv_at 1' -a touch -d 'Give a key a new deadline'
complete -c kv -n '__kv_at 1' -a add -d 'Add to a number'
complete -c kv -n '__kv_at 1' -a get -d 'Write the values of keys'
complete -c kv -n '__kv_at 1' -a show -d 'Show all about a key'
complete -c kv -n '__kv_at 1' -a edit -d 'Change a value in your editor'
complete -c kv -n '__kv_at 1' -a del -d 'Delete keys'
complete -c kv -n '__kv_at 1' -a list -d 'List keys'
complete -c kv -n '__kv_at 1' -a search -d 'List keys that match a pattern'
complete -c kv -n '__kv_at 1' -a count -d 'Count keys'
complete -c kv -n '__kv_at 1' -a du -d 'Show which keys take the space'
complete -c kv -n '__kv_at 1' -a batch-put -d 'Write a KvList'
complete -c kv -n '__kv_at 1' -a batch-del -d 'Delete the keys of a JSON array'
complete -c kv -n '__kv_at 1' -a import -d 'Write many keys from a file or directory'
complete -c kv -n '__kv_at 1' -a export -d 'Write all keys as NDJSON'
complete -c kv -n '__kv_at 1' -a digest -d 'Show a SHA-256 of all keys'
complete -c kv -n '__kv_at 1' -a changes -d 'Show the log of every change'
complete -c kv -n '__kv_at 1' -a help -d 'Show how it is used'
complete -c kv -n '__kv_at 1 ns' -a create -d 'Make a namespace'
complete -c kv -n '__kv_at 1 ns' -a ls -d 'List the namespaces'
complete -c kv -n '__kv_at 1 ns' -a show -d 'Show all about a namespace'
complete -c kv -n '__kv_at 1 ns' -a drop -d 'Drop a namespace and its keys'
complete -c kv -n '__kv_at 1 ns' -a capacity -d 'Change the capacity'
complete -c kv -n '__kv_at 1 ns' -a rename -d 'Rename a namespace'
complete -c kv -n '__kv_at 1 ns' -a copy -d 'Copy a namespace'

complete -c kv -n '__kv_is init' -l mode -x -d 'Permissions of its files'
complete -c kv -n '__kv_is init' -l map-size -x -d 'Largest size of the file'
complete -c kv -n '__kv_is init' -l capacity -x -d 'Capacity of new namespaces'
complete -c kv -n '__kv_is init' -l changes-bytes -x -d 'Change log kept, by size'
complete -c kv -n '__kv_is init' -l changes-age -x -d 'Change log kept, by age'
complete -c kv -n '__kv_is init' -l namespaces-max -x -d 'Namespaces at most'
complete -c kv -n '__kv_is init' -l no-changes -d 'Keep no change log'

complete -c kv -n '__kv_is settings' -l json -d 'As JSON'
complete -c kv -n '__kv_is settings' -l capacity -x -d 'Capacity of new namespaces'
complete -c kv -n '__kv_is settings' -l changes-bytes -x -d 'Change log kept, by size'
complete -c kv -n '__kv_is settings' -l changes-age -x -d 'Change log kept, by age'
complete -c kv -n '__kv_is settings' -l namespaces-max -x -d 'Namespaces at most'
complete -c kv -n '__kv_is settings' -l no-changes -d 'Keep no change log'

complete -c kv -n '__kv_is seal' -l mode -x -d 'Permissions of its files'

complete -c kv -n '__kv_is check' -l all -d 'Print every fault'
complete -c kv -n '__kv_is check' -l json -d 'As JSON'

complete -c kv -n '__kv_is stat' -l json -d 'As JSON'
complete -c kv -n '__kv_is stat' -l prometheus -d 'As Prometheus text'

complete -c kv -n '__kv_is ns create' -l description -x -d 'What it is for'
complete -c kv -n '__kv_is ns create' -l capacity -x -d 'Bytes at most'

complete -c kv -n '__kv_is ns ls' -l json -d 'As JSON'

complete -c kv -n '__kv_is ns show' -l json -d 'As JSON'
complete -c kv -n '__kv_at 1 ns show' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is ns drop' -l yes -d 'Do not ask'
complete -c kv -n '__kv_at 1 ns drop' -a '(__kv_namespaces)'

complete -c kv -n '__kv_at 1 ns capacity' -a '(__kv_namespaces)'

complete -c kv -n '__kv_at 1 ns rename' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is ns copy' -l into -d 'Into one that holds keys'
complete -c kv -n '__kv_at 1 ns copy' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 ns copy' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is put' -l ttl -x -d 'Expires after'
complete -c kv -n '__kv_is put' -l expires -x -d 'Expires at'
complete -c kv -n '__kv_is put' -l metadata -x -d 'Text that lists show'
complete -c kv -n '__kv_is put' -l if-absent -d 'Only if it is not there'
complete -c kv -n '__kv_is put' -l if-version -x -d 'Only if it is at this version'
complete -c kv -n '__kv_is put' -l keep-ttl -d 'Keep the deadline'
complete -c kv -n '__kv_is put' -l keep-metadata -d 'Keep the metadata'
complete -c kv -n '__kv_is put' -l file -r -F -d 'The value is this file'
complete -c kv -n '__kv_is put' -l value-max -x -d 'Allow a larger value'
complete -c kv -n '__kv_at 1 put' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 put' -a '(__kv_keys 2)'

complete -c kv -n '__kv_is touch' -l ttl -x -d 'Expires after'
complete -c kv -n '__kv_is touch' -l expires -x -d 'Expires at'
complete -c kv -n '__kv_is touch' -l permanent -d 'Never expires'
complete -c kv -n '__kv_at 1 touch' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 touch' -a '(__kv_keys 2)'

complete -c kv -n '__kv_is add' -l ttl -x -d 'Expires after'
complete -c kv -n '__kv_is add' -l expires -x -d 'Expires at'
complete -c kv -n '__kv_at 1 add' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 add' -a '(__kv_keys 2)'

complete -c kv -n '__kv_is get' -l json -d 'As JSON'
complete -c kv -n '__kv_is get' -l raw -d 'Exact bytes, to a terminal too'
complete -c kv -n '__kv_at 1 get' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2+ get' -a '(__kv_keys 2)'

complete -c kv -n '__kv_is show' -l json -d 'As JSON'
complete -c kv -n '__kv_at 1 show' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 show' -a '(__kv_keys 2)'

complete -c kv -n '__kv_at 1 edit' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 edit' -a '(__kv_keys 2)'

complete -c kv -n '__kv_is del' -l prefix -x -d 'All keys that begin with it'
complete -c kv -n '__kv_is del' -l yes -d 'Do not ask'
complete -c kv -n '__kv_at 1 del' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2+ del' -a '(__kv_keys 2)'

complete -c kv -n '__kv_is list' -l prefix -x -d 'Only keys that begin with it'
complete -c kv -n '__kv_is list' -l after -x -d 'Begin behind this key'
complete -c kv -n '__kv_is list' -l limit -x -d 'At most so many'
complete -c kv -n '__kv_is list' -l reverse -d 'From the last key down'
complete -c kv -n '__kv_is list' -l long -d 'With sizes, version and times'
complete -c kv -n '__kv_is list' -l json -d 'As JSON'
complete -c kv -n '__kv_at 1 list' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is search' -s i -l ignore-case -d 'Upper and lower case are one'
complete -c kv -n '__kv_is search' -l limit -x -d 'At most so many'
complete -c kv -n '__kv_is search' -l long -d 'With sizes, version and times'
complete -c kv -n '__kv_is search' -l json -d 'As JSON'
complete -c kv -n '__kv_at 1 search' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is count' -l prefix -x -d 'Only keys that begin with it'
complete -c kv -n '__kv_at 1 count' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is du' -l prefix -x -d 'Only keys that begin with it'
complete -c kv -n '__kv_is du' -l depth -x -d 'Levels of prefixes'
complete -c kv -n '__kv_is du' -l top -x -d 'How many of the largest keys'
complete -c kv -n '__kv_is du' -l json -d 'As JSON'
complete -c kv -n '__kv_at 1 du' -a '(__kv_namespaces)'

complete -c kv -n '__kv_at 1 batch-put' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 batch-put' -F

complete -c kv -n '__kv_at 1 batch-del' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 batch-del' -F

complete -c kv -n '__kv_is import' -l all -d 'A whole store'
complete -c kv -n '__kv_is import' -l prefix -x -d 'Only keys that begin with it'
complete -c kv -n '__kv_is import' -l keep-going -d 'Count bad lines, and go on'
complete -c kv -n '__kv_is import' -l percent -d 'Escape names that keys cannot have'
complete -c kv -n '__kv_is import' -l value-max -x -d 'Allow larger values'
complete -c kv -n '__kv_at 1 import' -a '(__kv_namespaces)'
complete -c kv -n '__kv_at 2 import' -F

complete -c kv -n '__kv_is export' -l all -d 'A whole store'
complete -c kv -n '__kv_is export' -l prefix -x -d 'Only keys that begin with it'
complete -c kv -n '__kv_at 1 export' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is digest' -l all -d 'A whole store'
complete -c kv -n '__kv_is digest' -l prefix -x -d 'Only keys that begin with it'
complete -c kv -n '__kv_at 1 digest' -a '(__kv_namespaces)'

complete -c kv -n '__kv_is changes' -l after -x -d 'Only what is newer'
complete -c kv -n '__kv_is changes' -l prefix -x -d 'Only keys that begin with it'
complete -c kv -n '__kv_is changes' -l limit -x -d 'At most so many'
complete -c kv -n '__kv_is changes' -l last -x -d 'Only the newest'
complete -c kv -n '__kv_is changes' -l follow -d 'Stay, and show changes as they come'
complete -c kv -n '__kv_is changes' -l json -d 'As JSON'
complete -c kv -n '__kv_at 1 changes' -a '(__kv_namespaces)'

complete -c kv -n '__kv_at 1 help' -a 'init settings sweep seal check stat ns put touch add get show edit del list search count du batch-put batch-del import export digest changes help'
