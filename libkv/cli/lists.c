/* list, count. */
#include "cli/failure.h"
#include "cli/list_keys.h"
#include "cli/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int lists_run_list(cli *run)
{
    static const struct option options[] = {{"prefix", required_argument, NULL, 'p'},
                                            {"after", required_argument, NULL, 'a'},
                                            {"limit", required_argument, NULL, 'n'},
                                            {"reverse", no_argument, NULL, 'r'},
                                            {"long", no_argument, NULL, 'l'},
                                            {"json", no_argument, NULL, 'j'},
                                            CLI_OPTIONS_COMMON};
    cli_list_wish wish = {.options = KV_LIST_OPTIONS_INIT, .limit = UINT64_MAX};
    char **arguments = NULL;
    int option = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?' || (option == 'n' && cli_take_number(run, "--limit", &wish.limit) != 0))
            return run->exit_code;
        if (option == 'p')
            wish.options.prefix = (kv_slice){optarg, strlen(optarg)};
        else if (option == 'a')
            wish.options.after = (kv_slice){optarg, strlen(optarg)};
        else if (option == 'r')
            wish.options.flags |= KV_LIST_REVERSE;
        wish.is_long |= option == 'l';
        wish.is_json |= option == 'j';
    }
    wish.is_terminal = isatty(STDOUT_FILENO);
    arguments = cli_arguments(run, 1, 1, NULL);
    return arguments == NULL ? run->exit_code : cli_list_keys(run, arguments[0], &wish);
}

/* ---- count */

static int lists_run_count(cli *run)
{
    static const struct option options[] = {{"prefix", required_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    kv_slice prefix = {0};
    char **arguments = NULL;
    uint64_t count = 0;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        prefix = (kv_slice){optarg, strlen(optarg)};
    }
    arguments = cli_arguments(run, 1, 1, NULL);
    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_read_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    status = kv_count(run->snapshot, ns, prefix, 0, &count, NULL);
    if (status != KV_OK)
        return cli_failed(run, status, "count");
    printf("%" PRIu64 "\n", count);
    return CLI_DONE;
}

const cli_command cli_list_commands[] = {
    {"list", "NS [OPTIONS]", "List live keys, in byte order",
     "  --prefix P   only keys that begin with P\n"
     "  --after K    begin behind this key, which need not exist (to read on)\n"
     "  --limit N    at most N keys\n"
     "  --reverse    from the last key down; --after then means before\n"
     "  --long       with sizes, version, times and metadata\n"
     "  --json       all that is known of each key, as a JSON array, as of one moment\n"
     "\nOn a terminal, characters that could drive it are shown as \\xNN. Without --json keys that "
     "come or go while the list is read may be in it or not.\n"
     "\nExample:\n  kv list site --prefix img/ --long --limit 20\n",
     lists_run_list},
    {"count", "NS [--prefix P]", "Count live keys", "Example:\n  kv count site --prefix img/\n",
     lists_run_count},
    {0},
};
