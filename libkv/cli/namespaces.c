/* ns create, ls, show, drop, capacity, rename. */
#include "cli/namespaces.h"

#include "cli/confirm.h"
#include "cli/failure.h"
#include "cli/namespace_info.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>
#include <string.h>

/* For commands whose subject is the namespace itself: absent is an answer here. */
static int namespaces_absent(int code, const cli *run)
{
    return run->has_no_namespace ? CLI_ABSENT : code;
}

/* ---- The subcommands */

int cli_namespace_make(cli *run, const char *name, const char *description, uint64_t capacity,
                       kv_ns *out)
{
    kv_status status = kv_namespace_create(run->db, name, strlen(name), out);

    if (status != KV_OK)
        return cli_failed(run, status, "namespace %s", name);
    if (description != NULL || capacity != 0)
        status = kv_namespace_set(run->db, *out, capacity, description,
                                  description == NULL ? 0 : strlen(description));
    return status == KV_OK ? CLI_DONE
                           : cli_failed(run, status, "made %s, but not as described", name);
}

int cli_namespace_create(cli *run, const char *name, const char *description, uint64_t capacity,
                         kv_ns *out)
{
    char text[CLI_TEXT_SIZE];
    int code = cli_namespace_make(run, name, description, capacity, out);

    if (code != CLI_DONE)
        return code;
    printf("made namespace %s%s%s\n", name, capacity == 0 ? "" : ", capacity ",
           capacity == 0 ? "" : cli_size_text(capacity, text));
    return CLI_DONE;
}

/* 0 would be the store's default to the library; here nobody asks for that by a number. CLI_DONE,
 * or CLI_USAGE after a message. */
static int namespaces_take_capacity(cli *run, const char *text, uint64_t *out)
{
    if (cli_size_parse(text, out) && *out != 0)
        return CLI_DONE;
    return cli_usage(run, "a capacity is a size (10MB, 1GiB) or unlimited, not '%s'", text);
}

static int namespaces_run_create(cli *run)
{
    static const struct option options[] = {{"description", required_argument, NULL, 'd'},
                                            {"capacity", required_argument, NULL, 'c'},
                                            CLI_OPTIONS_COMMON};
    const char *description = NULL;
    uint64_t capacity = 0;
    char **arguments = NULL;
    kv_ns ns = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?' ||
            (option == 'c' && namespaces_take_capacity(run, optarg, &capacity) != CLI_DONE))
            return run->exit_code;
        if (option == 'd')
            description = optarg;
    }
    arguments = cli_arguments(run, 1, 1, NULL);
    if (arguments == NULL)
        return run->exit_code;
    if (description != NULL && strlen(description) > KV_DESCRIPTION_SIZE_MAX)
        return cli_usage(run, "a description has at most %d bytes", KV_DESCRIPTION_SIZE_MAX);
    code = cli_open_write(run);
    return code == CLI_DONE ? cli_namespace_create(run, arguments[0], description, capacity, &ns)
                            : code;
}

static int namespaces_run_ls(cli *run)
{
    kv_status status = KV_OK;
    bool is_json = false;
    int code = 0;

    if (cli_json_arguments(run, 0, &is_json) == NULL)
        return run->exit_code;
    code = cli_open_read(run);
    if (code == CLI_DONE)
        code = cli_snapshot(run);
    if (code != CLI_DONE)
        return code;
    if (is_json)
        return cli_namespaces_print_json(run);
    status = cli_namespaces_print(run->snapshot);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "namespaces");
}

static int namespaces_run_show(cli *run)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = KV_OK;
    kvi_json_writer json = {0};
    kv_ns ns = 0;
    bool is_json = false;
    int code = 0;
    char **arguments = cli_json_arguments(run, 1, &is_json);

    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_read_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return namespaces_absent(code, run);
    status = kv_namespace_describe(run->snapshot, ns, &info);
    if (status != KV_OK)
        return cli_failed(run, status, "namespace %s", arguments[0]);
    if (is_json)
        code = cli_namespace_print_json(run, &info, &json);
    else
        cli_namespace_print_facts(&info);
    kvi_json_write_free(&json);
    return code;
}

static int namespaces_drop(cli *run, const char *name, kv_ns ns, bool is_sure)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    char text[CLI_TEXT_SIZE];
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_namespace_describe(run->snapshot, ns, &info);
    kv_snapshot_end(run->snapshot);
    run->snapshot = NULL;
    if (status == KV_OK && !is_sure)
        code = cli_confirm(run, "drop %s (keys: %s)?", info.name,
                           cli_count_text(info.key_count, text));
    if (code != CLI_DONE)
        return code;
    if (status == KV_OK)
        status = kv_namespace_drop(run->db, ns);
    if (status != KV_OK)
        return cli_failed(run, status, "namespace %s", name);
    printf("dropped %s (keys: %s)\n", info.name, cli_count_text(info.key_count, text));
    return CLI_DONE;
}

static int namespaces_run_drop(cli *run)
{
    static const struct option options[] = {{"yes", no_argument, NULL, 'y'}, CLI_OPTIONS_COMMON};
    char **arguments = NULL;
    kv_ns ns = 0;
    bool is_sure = false;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        is_sure = true;
    }
    arguments = cli_arguments(run, 1, 1, NULL);
    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_write_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return namespaces_absent(code, run);
    return namespaces_drop(run, arguments[0], ns, is_sure);
}

static int namespaces_run_capacity(cli *run)
{
    char text[CLI_TEXT_SIZE];
    uint64_t capacity = 0;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = 0;
    char **arguments = cli_only_arguments(run, 2, 2, NULL);

    if (arguments == NULL)
        return run->exit_code;
    if (namespaces_take_capacity(run, arguments[1], &capacity) != CLI_DONE)
        return run->exit_code;
    code = cli_open_write_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return namespaces_absent(code, run);
    status = kv_namespace_set(run->db, ns, capacity, NULL, 0);
    if (status != KV_OK)
        return cli_failed(run, status, "namespace %s", arguments[0]);
    printf("capacity of %s is %s\n", arguments[0], cli_size_text(capacity, text));
    return CLI_DONE;
}

static int namespaces_run_rename(cli *run)
{
    char **arguments = cli_only_arguments(run, 2, 2, NULL);
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = 0;

    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_write_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return namespaces_absent(code, run);
    status = kv_namespace_rename(run->db, ns, arguments[1], strlen(arguments[1]));
    if (status != KV_OK)
        return cli_failed(run, status, "namespace %s", arguments[1]);
    printf("renamed %s to %s\n", arguments[0], arguments[1]);
    return CLI_DONE;
}

const cli_command cli_namespace_commands[] = {
    {"ns create", "NS [--description TEXT] [--capacity SIZE]", "Make a namespace",
     "A name is 1 to 64 letters, digits, '-' or '_'; upper and lower case do not distinguish.\n\n"
     "  --description TEXT   at most 1,024 bytes\n"
     "  --capacity SIZE      bytes of keys, values and metadata; unlimited (the store's: 1GiB)\n"
     "\nExample:\n  kv ns create site --capacity 500MB\n",
     namespaces_run_create},
    {"ns ls", "[--json]", "List the namespaces, with usage against capacity",
     "KEYS and USED may include expired keys that are not swept yet.\n\n"
     "  --json   all about each, one JSON object a line; a Capacity of null is unlimited\n"
     "\nExample:\n  kv ns ls\n",
     namespaces_run_ls},
    {"ns show", "NS [--json]", "Show all about a namespace",
     "  --json   the same as one JSON object; a Capacity of null is unlimited\n"
     "\nExample:\n  kv ns show site\n",
     namespaces_run_show},
    {"ns drop", "NS [--yes]", "Drop a namespace and all its keys",
     "Asks on a terminal; elsewhere it refuses (64). --yes does not ask. The name is free at once; "
     "the space comes back with\n"
     "later writes, or with kv sweep.\n"
     "\nExample:\n  kv ns drop old-site --yes\n",
     namespaces_run_drop},
    {"ns capacity", "NS SIZE|unlimited", "Change a namespace's capacity",
     "If SIZE is below what is used already, only writes that shrink it pass.\n"
     "\nExample:\n  kv ns capacity site 2GiB\n",
     namespaces_run_capacity},
    {"ns rename", "FROM TO", "Give a namespace another name",
     "Keys, capacity and description stay. The old name is free at once. TO may be the same name\n"
     "in upper or lower case.\n"
     "\nExample:\n  kv ns rename site-next site\n",
     namespaces_run_rename},
    {0},
};
