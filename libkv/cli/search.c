/* search: the keys that match a pattern. */
#include "cli/list_keys.h"

#include <fnmatch.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

static int search_keys(cli *run, char **arguments, cli_list_wish *wish)
{
    int code = CLI_DONE;

    wish->pattern = arguments[1];
    setlocale(LC_CTYPE, "C.UTF-8");                /* '?' is a character then, not a byte. */
    if ((wish->pattern_flags & FNM_CASEFOLD) == 0) /* Only keys that begin as the pattern does. */
        wish->options.prefix = (kv_slice){wish->pattern, strcspn(wish->pattern, "*?[\\")};
    code = cli_list_keys(run, arguments[0], wish);
    return code == CLI_DONE && wish->shown == 0 && wish->limit > 0 ? CLI_ABSENT : code;
}

static int search_run(cli *run)
{
    static const struct option options[] = {{"ignore-case", no_argument, NULL, 'i'},
                                            {"limit", required_argument, NULL, 'n'},
                                            {"long", no_argument, NULL, 'l'},
                                            {"json", no_argument, NULL, 'j'},
                                            CLI_OPTIONS_COMMON};
    cli_list_wish wish = {.options = KV_LIST_OPTIONS_INIT, .limit = UINT64_MAX};
    char **arguments = NULL;
    int option = 0;

    while ((option = cli_option_or_letter(run, options, "i")) != -1) {
        if (option == '?' || (option == 'n' && cli_take_number(run, "--limit", &wish.limit) != 0))
            return run->exit_code;
        if (option == 'i')
            wish.pattern_flags = FNM_CASEFOLD;
        wish.is_long |= option == 'l';
        wish.is_json |= option == 'j';
    }
    wish.is_terminal = isatty(STDOUT_FILENO);
    arguments = cli_arguments(run, 2, 2, NULL);
    return arguments == NULL ? run->exit_code : search_keys(run, arguments, &wish);
}

const cli_command cli_search_commands[] = {
    {"search", "NS PATTERN [OPTIONS]", "List live keys that match a pattern",
     "PATTERN is matched with the whole key: * is any text, '/' included, ? one character, [a-z]\n"
     "one of these, \\ makes the next character an ordinary one. Quote it, or the shell matches "
     "it\n"
     "with files. Only keys that begin as the pattern does are looked at.\n"
     "Exit 1: no key matches.\n\n"
     "  -i, --ignore-case   upper and lower case do not distinguish\n"
     "  --limit N           at most N keys\n"
     "  --long              with sizes, version, times and metadata\n"
     "  --json              all that is known of each key, one JSON object a line\n"
     "\nExample:\n  kv search site 'img/*.png' --long\n  kv search site -i '*readme*'\n",
     search_run},
    {0},
};
