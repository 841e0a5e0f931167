/* put, get, show, touch, add: one key. */
#include "cli/display.h"
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the command line asks to do with one key. */
typedef struct key_wish {
    kv_op op;
    const char *file; /* put: where the value is; NULL: an argument. */
    uint64_t value_size_max;
    cli_bytes bytes; /* put: the value, unless it is an argument. */
} key_wish;

/* 0, or '?' after a message. */
static int keys_take_option(cli *run, int option, key_wish *wish)
{
    kv_op *op = &wish->op;

    switch (option) {
    case 't':
        op->flags |= KV_OP_TTL;
        return cli_take_duration(run, "--ttl", &op->ttl_s);
    case 'e':
        op->flags |= KV_OP_EXPIRES_AT;
        return cli_take_time(run, "--expires", &op->expires_at);
    case 'm':
        op->metadata = optarg;
        op->metadata_size = strlen(optarg);
        return 0;
    case 'a':
        op->flags |= KV_OP_IF_ABSENT;
        return 0;
    case 'v':
        op->flags |= KV_OP_IF_VERSION;
        return cli_take_number(run, "--if-version", &op->if_version);
    case 'f':
        wish->file = optarg;
        return 0;
    case 'x':
        return cli_take_size(run, "--value-max", &wish->value_size_max);
    default:
        return '?';
    }
}

/* ---- put */

/* The value from the argument, standard input or the file. */
static int keys_read_value(cli *run, const char *argument, key_wish *wish)
{
    const char *file = wish->file;
    int code = CLI_DONE;

    if ((file == NULL) == (argument == NULL))
        return cli_usage(run, "give a VALUE, - for standard input, or --file F");
    if (argument != NULL && strcmp(argument, "-") == 0)
        file = argument;
    if (file == NULL) {
        wish->op.value = argument;
        wish->op.value_size = strlen(argument);
        return CLI_DONE;
    }
    code = cli_input_read_all(run, file, KV_VALUE_SIZE_CEILING, &wish->bytes);
    wish->op.value = wish->bytes.data;
    wish->op.value_size = wish->bytes.size;
    return code;
}

static void keys_print_verdict(const kv_verdict *verdict)
{
    char text[CLI_TEXT_SIZE];

    printf("%s version %llu",
           (verdict->flags & KV_CREATED) != 0    ? "created"
           : (verdict->flags & KV_REPLACED) != 0 ? "replaced"
                                                 : "done",
           (unsigned long long)verdict->version);
    if ((verdict->flags & KV_EXPIRES) != 0)
        printf(", expires %s", cli_time_text(verdict->expires_at, text));
    putchar('\n');
}

static int keys_put(cli *run, char **arguments, int count, key_wish *wish)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_report report = KV_REPORT_INIT;
    kv_verdict verdict = {0};
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = keys_read_value(run, count == 3 ? arguments[2] : NULL, wish);

    if (code == CLI_DONE)
        code = cli_open_write_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    wish->op.key = arguments[1];
    wish->op.key_size = strlen(arguments[1]);
    options.limits.value_size_max = wish->value_size_max;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING; /* Only the value's own bound counts. */
    status = kv_batch(run->db, ns, &wish->op, 1, &options, &verdict, &report);
    if (status != KV_OK)
        return cli_write_failed(run, status, &report, "%s", arguments[1]);
    if (verdict.status != KV_OK)
        return cli_failed(run, verdict.status, "%s", arguments[1]);
    keys_print_verdict(&verdict);
    return CLI_DONE;
}

static int keys_run_put(cli *run)
{
    static const struct option options[] = {
        {"ttl", required_argument, NULL, 't'},        {"expires", required_argument, NULL, 'e'},
        {"metadata", required_argument, NULL, 'm'},   {"if-absent", no_argument, NULL, 'a'},
        {"if-version", required_argument, NULL, 'v'}, {"file", required_argument, NULL, 'f'},
        {"value-max", required_argument, NULL, 'x'},  CLI_OPTIONS_COMMON};
    key_wish wish = {0};
    char **arguments = NULL;
    int count = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1)
        if (option == '?' || keys_take_option(run, option, &wish) != 0)
            return run->exit_code;
    arguments = cli_arguments(run, 2, 3, &count);
    if (arguments == NULL)
        return run->exit_code;
    if (wish.value_size_max > KV_VALUE_SIZE_CEILING)
        return cli_usage(run, "--value-max is at most 25MiB");
    code = keys_put(run, arguments, count, &wish);
    free(wish.bytes.data);
    return code;
}

/* ---- get and show */

static int keys_absent(const cli *run, const char *key)
{
    fprintf(stderr, "%s: no key ", run->title);
    cli_print_text(stderr, key, strlen(key), 0);
    fputc('\n', stderr);
    return CLI_ABSENT;
}

static int keys_run_get(cli *run)
{
    char **arguments = cli_only_arguments(run, 2, 2, NULL);
    kv_buf buf = {0};
    kv_slice value = {0};
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = 0;

    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_read_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    status = kv_get(run->snapshot, ns, arguments[1], strlen(arguments[1]), &buf, &value);
    if (status == KV_OK) {
        if (value.size > 0)
            fwrite(value.data, 1, value.size, stdout);
        if (isatty(STDOUT_FILENO))
            putchar('\n');
    } else if (status == KV_NOT_FOUND) {
        code = keys_absent(run, arguments[1]);
    } else {
        code = cli_failed(run, status, "%s", arguments[1]);
    }
    kv_buf_free(&buf);
    return code;
}

static void keys_print_facts(const kv_entry *entry, int64_t now)
{
    static const char *const codecs[] = {"as it is", "zstd", "zstd with a dictionary"};
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];

    printf("%-14s ", "key");
    cli_print_text(stdout, entry->key.data, entry->key.size, 0);
    putchar('\n');
    cli_fact("value", "%s (%s bytes)", cli_size_text(entry->value_size, a),
             cli_count_text(entry->value_size, b));
    cli_fact("stored", "%s, %s", cli_size_text(entry->stored_size, a),
             entry->codec < 3 ? codecs[entry->codec] : "?");
    cli_fact("version", "%llu", (unsigned long long)entry->version);
    cli_fact("updated", "%s", cli_time_text(entry->updated_at, a));
    if ((entry->flags & KV_ENTRY_EXPIRES) != 0)
        cli_fact("expires", "%s, in %s", cli_time_text(entry->expires_at, a),
                 cli_duration_text(entry->expires_at - now, b));
    else
        cli_fact("expires", "never");
    if (entry->metadata.size > 0) {
        printf("%-14s ", "metadata");
        cli_print_text(stdout, entry->metadata.data, entry->metadata.size, 0);
        putchar('\n');
    }
}

static int keys_run_show(cli *run)
{
    char **arguments = cli_only_arguments(run, 2, 2, NULL);
    kv_entry entry = {0};
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int64_t now = 0;
    int code = 0;

    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_read_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    status = kv_get_entry(run->snapshot, ns, arguments[1], strlen(arguments[1]), KV_GET_FACTS, NULL,
                          &entry);
    if (status == KV_OK)
        status = kv_snapshot_info(run->snapshot, NULL, &now);
    if (status == KV_NOT_FOUND)
        return keys_absent(run, arguments[1]);
    if (status != KV_OK)
        return cli_failed(run, status, "%s", arguments[1]);
    keys_print_facts(&entry, now);
    return CLI_DONE;
}

/* ---- touch and add */

/* Do one operation with the key; CLI_DONE: *verdict is KV_OK. */
static int keys_change(cli *run, char **arguments, kv_op *op, kv_verdict *verdict)
{
    kv_report report = KV_REPORT_INIT;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = cli_open_write_namespace(run, arguments[0], &ns);

    if (code != CLI_DONE)
        return code;
    op->key = arguments[1];
    op->key_size = strlen(arguments[1]);
    status = kv_batch(run->db, ns, op, 1, NULL, verdict, &report);
    if (status != KV_OK)
        return cli_write_failed(run, status, &report, "%s", arguments[1]);
    if (verdict->status == KV_NOT_FOUND)
        return keys_absent(run, arguments[1]);
    if (verdict->status != KV_OK)
        return cli_failed(run, verdict->status, "%s", arguments[1]);
    return CLI_DONE;
}

static int keys_run_touch(cli *run)
{
    static const struct option options[] = {{"ttl", required_argument, NULL, 't'},
                                            {"expires", required_argument, NULL, 'e'},
                                            {"permanent", no_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    key_wish wish = {.op = {.kind = KV_TOUCH}};
    kv_verdict verdict = {0};
    char **arguments = NULL;
    bool is_permanent = false;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == 'p')
            is_permanent = true;
        else if (option == '?' || keys_take_option(run, option, &wish) != 0)
            return run->exit_code;
    }
    arguments = cli_arguments(run, 2, 2, NULL);
    if (arguments == NULL)
        return run->exit_code;
    if (is_permanent == (wish.op.flags != 0))
        return cli_usage(run, "give --ttl SPAN, --expires TIME or --permanent");
    code = keys_change(run, arguments, &wish.op, &verdict);
    if (code == CLI_DONE)
        keys_print_verdict(&verdict);
    return code;
}

static int keys_run_add(cli *run)
{
    static const struct option options[] = {{"ttl", required_argument, NULL, 't'},
                                            {"expires", required_argument, NULL, 'e'},
                                            CLI_OPTIONS_COMMON};
    key_wish wish = {.op = {.kind = KV_ADD}};
    kv_verdict verdict = {0};
    char **arguments = NULL;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1)
        if (option == '?' || keys_take_option(run, option, &wish) != 0)
            return run->exit_code;
    arguments = cli_arguments(run, 3, 3, NULL);
    if (arguments == NULL)
        return run->exit_code;
    if (!cli_signed_parse(arguments[2], &wish.op.addend))
        return cli_usage(run, "N is a whole number of 64 bits, not '%s'", arguments[2]);
    code = keys_change(run, arguments, &wish.op, &verdict);
    if (code == CLI_DONE)
        printf("%lld\n", (long long)verdict.number);
    return code;
}

const cli_command cli_key_commands[] = {
    {"put", "NS KEY [VALUE|-] [OPTIONS]", "Write a key",
     "The value is the argument, standard input (-), or a file; its bytes are kept exactly.\n\n"
     "  --ttl SPAN        expires after: 90 (seconds), 5m, 2h, 1d\n"
     "  --expires TIME    expires at: Unix seconds, or UTC as 2030-12-31T23:59:59Z; --ttl wins\n"
     "  --metadata TEXT   up to 1,024 bytes that lists show\n"
     "  --if-absent       only if the key is not there\n"
     "  --if-version N    only if the key is at version N (0: not there)\n"
     "  --file F          the value is this file\n"
     "  --value-max SIZE  allow a value of more than 2,000,000 bytes, to 25MiB\n"
     "\nWithout --ttl or --expires the key is permanent, also if it had a deadline.\n"
     "\nExample:\n  kv put site index.html --file index.html --metadata text/html --ttl 1d\n"
     "  kv put site delta -- -5\n",
     keys_run_put},
    {"get", "NS KEY", "Write a key's value to standard output",
     "The bytes are exact; on a terminal a line feed follows. Exit 1: the key is absent.\n"
     "\nExample:\n  kv get site index.html > index.html\n",
     keys_run_get},
    {"show", "NS KEY", "Show all about a key, but its value",
     "Example:\n  kv show site index.html\n", keys_run_show},
    {"touch", "NS KEY --ttl SPAN | --expires TIME | --permanent", "Give a key a new deadline",
     "The value and the metadata stay.\n"
     "\nExample:\n  kv touch carts 8f14e45f --ttl 30m\n",
     keys_run_touch},
    {"add", "NS KEY N [--ttl SPAN | --expires TIME]", "Add to a number and show the sum",
     "The value is a decimal number of 64 bits; a key that is not there counts from 0. No other\n"
     "writer comes between reading and writing. The metadata stays; so does the deadline, unless\n"
     "one is given.\n"
     "\nExample:\n  kv add site visits 1\n  kv add site visits -- -5\n",
     keys_run_add},
    {0},
};
