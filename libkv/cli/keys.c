/* put, touch, add: one key. */
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/store.h"
#include "cli/units.h"
#include "cli/write_key.h"

#include <stdlib.h>
#include <string.h>

#define KEEP_TRIES 1000 /* Of a put that keeps something, while others write the key. */

/* What the command line asks to do with one key. */
typedef struct key_wish {
    kv_op op;
    const char *file; /* put: where the value is; NULL: an argument. */
    uint64_t value_size_max;
    bool keeps_ttl, keeps_metadata; /* put: the old ones stay. */
    cli_bytes bytes;                /* put: the value, unless it is an argument. */
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
    case 'T':
        wish->keeps_ttl = true;
        return 0;
    case 'M':
        wish->keeps_metadata = true;
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

/* What the key is like now, to be kept. */
static int keys_read_kept(cli *run, kv_ns ns, const kv_op *op, cli_kept *out)
{
    kv_entry entry = {0};
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    *out = (cli_kept){0};
    if (code != CLI_DONE)
        return code;
    status = kv_get_entry(run->snapshot, ns, op->key, op->key_size, KV_GET_FACTS, NULL, &entry);
    if (status == KV_OK)
        cli_kept_take(out, &entry);
    kv_snapshot_end(run->snapshot); /* Or the write would find less room. */
    run->snapshot = NULL;
    return status == KV_OK || status == KV_NOT_FOUND
               ? CLI_DONE
               : cli_failed(run, status, "%s", (const char *)op->key);
}

/* Put with what the key has now: only if it still is at the version that was read, else read anew.
 */
static int keys_put_keeping(cli *run, kv_ns ns, const key_wish *wish, kv_verdict *verdict)
{
    bool has_condition = (wish->op.flags & KV_OP_IF_VERSION) != 0;
    cli_kept kept;
    int code = CLI_DONE;

    for (int tries = 0; tries < KEEP_TRIES; tries++) {
        kv_op op = wish->op;
        code = keys_read_kept(run, ns, &op, &kept);
        if (code != CLI_DONE)
            return code;
        if (has_condition && op.if_version != kept.version) {
            *verdict = (kv_verdict){.status = KV_VERSION_MISMATCH, .version = kept.version};
            return CLI_DONE;
        }
        cli_kept_give(&kept, wish->keeps_ttl, wish->keeps_metadata, &op);
        code = cli_write_key(run, ns, &op, wish->value_size_max, verdict);
        /* A deadline that has come since it was read: the key is gone, and there is none to keep.
         */
        if (code != CLI_DONE || (verdict->status != KV_VERSION_MISMATCH &&
                                 (verdict->status != KV_EXPIRY_INVALID || !wish->keeps_ttl)))
            break;
    }
    return code;
}

static int keys_put(cli *run, char **arguments, int count, key_wish *wish)
{
    kv_verdict verdict = {0};
    kv_ns ns = 0;
    int code = keys_read_value(run, count == 3 ? arguments[2] : NULL, wish);

    if (code == CLI_DONE)
        code = cli_open_write_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    wish->op.key = arguments[1];
    wish->op.key_size = strlen(arguments[1]);
    if (wish->keeps_ttl || wish->keeps_metadata)
        code = keys_put_keeping(run, ns, wish, &verdict);
    else
        code = cli_write_key(run, ns, &wish->op, wish->value_size_max, &verdict);
    return code == CLI_DONE ? cli_print_verdict(run, arguments[1], &verdict) : code;
}

/* Options that contradict each other. CLI_DONE, or CLI_USAGE after a message. */
static int keys_check_wish(cli *run, const key_wish *wish)
{
    if (wish->value_size_max > KV_VALUE_SIZE_CEILING)
        return cli_usage(run, "--value-max is at most 25MiB");
    if (wish->keeps_ttl && (wish->op.flags & (KV_OP_TTL | KV_OP_EXPIRES_AT)) != 0)
        return cli_usage(run, "--keep-ttl keeps the old deadline: give no other one");
    if (wish->keeps_metadata && wish->op.metadata != NULL)
        return cli_usage(run, "--keep-metadata keeps the old metadata: give no other");
    if ((wish->keeps_ttl || wish->keeps_metadata) && (wish->op.flags & KV_OP_IF_ABSENT) != 0)
        return cli_usage(run, "with --if-absent the key is new: there is nothing to keep");
    return CLI_DONE;
}

static int keys_run_put(cli *run)
{
    static const struct option options[] = {
        {"ttl", required_argument, NULL, 't'},        {"expires", required_argument, NULL, 'e'},
        {"metadata", required_argument, NULL, 'm'},   {"if-absent", no_argument, NULL, 'a'},
        {"if-version", required_argument, NULL, 'v'}, {"file", required_argument, NULL, 'f'},
        {"value-max", required_argument, NULL, 'x'},  {"keep-ttl", no_argument, NULL, 'T'},
        {"keep-metadata", no_argument, NULL, 'M'},    CLI_OPTIONS_COMMON};
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
    if (keys_check_wish(run, &wish) != CLI_DONE)
        return run->exit_code;
    code = keys_put(run, arguments, count, &wish);
    free(wish.bytes.data);
    return code;
}

/* ---- touch and add */

/* Do one operation with the key; CLI_DONE: *verdict is KV_OK. */
static int keys_change(cli *run, char **arguments, kv_op *op, kv_verdict *verdict)
{
    kv_ns ns = 0;
    int code = cli_open_write_namespace(run, arguments[0], &ns);

    if (code != CLI_DONE)
        return code;
    op->key = arguments[1];
    op->key_size = strlen(arguments[1]);
    code = cli_write_key(run, ns, op, 0, verdict);
    if (code == CLI_DONE && verdict->status != KV_OK)
        code = cli_print_verdict(run, arguments[1], verdict);
    return code;
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
    return code == CLI_DONE ? cli_print_verdict(run, arguments[1], &verdict) : code;
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
     "  --keep-ttl        the key keeps its deadline\n"
     "  --keep-metadata   the key keeps its metadata\n"
     "  --file F          the value is this file\n"
     "  --value-max SIZE  allow a value of more than 2,000,000 bytes, to 25MiB\n"
     "\nWithout --ttl, --expires or --keep-ttl the key is permanent, also if it had a deadline.\n"
     "\nExample:\n  kv put site index.html --file index.html --metadata text/html --ttl 1d\n"
     "  kv put site delta -- -5\n",
     keys_run_put},
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
