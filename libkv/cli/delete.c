/* del: keys by name, or all under a prefix; in batches, so that memory is bounded. */
#include "cli/confirm.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/tally.h"
#include "cli/units.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_COUNT 10000

typedef struct delete_run {
    cli *run;
    kv_ns ns;
    uint64_t deleted, absent;
    cli_tally tally;
    kv_op ops[BATCH_COUNT];
    kv_verdict verdicts[BATCH_COUNT];
    size_t count; /* Gathered in ops. */
    size_t step;  /* Deletes in one batch: fewer where the store is full, then more again. */
} delete_run;

static bool delete_is_full(kv_status status)
{
    return status == KV_STORE_FULL || status == KV_DISK_FULL;
}

/* Count what became of one. */
static void delete_tell(delete_run *deletes, const kv_op *op, const kv_verdict *verdict)
{
    if (verdict->status != KV_OK)
        cli_tally_add(&deletes->tally, verdict->status, 0, op->key, op->key_size);
    else if ((verdict->flags & KV_WAS_ABSENT) != 0)
        deletes->absent++;
    else
        deletes->deleted++;
}

/* Even a single one finds no room. */
static int delete_give_up(const delete_run *deletes, kv_status full, size_t begin)
{
    const kv_op *op = &deletes->ops[begin];
    char room[CLI_ADVICE_SIZE];
    const char *advice = cli_advice(deletes->run, full, room);

    if (advice != room) /* Not "delete keys". */
        advice =
            full == KV_STORE_FULL
                ? "kv sweep may make room; or export into a store made with a larger --map-size"
                : "make room on the disk";
    cli_message(deletes->run, "stopped at %.*s, for which alone there is no room: %s (%s)\n  %s",
                (int)op->key_size, (const char *)op->key, kv_strerror(full), kv_status_name(full),
                advice);
    return cli_exit_code(full);
}

/* Delete what is gathered. A full store refuses a batch as a whole; smaller ones fit, and each
 * gives it room for more. An exit status; faults of keys go to the tally. */
static int delete_flush(delete_run *deletes)
{
    size_t begin = 0;

    while (begin < deletes->count && !cli_interrupted()) {
        const kv_op *ops = deletes->ops + begin;
        size_t left = deletes->count - begin;
        size_t count = left < deletes->step ? left : deletes->step;
        kv_report report = KV_REPORT_INIT;
        char text[CLI_TEXT_SIZE];
        kv_status status =
            kv_batch(deletes->run->db, deletes->ns, ops, count, NULL, deletes->verdicts, &report);

        if (delete_is_full(status)) {
            if (count == 1)
                return delete_give_up(deletes, status, begin);
            deletes->step = count / 2;
            continue;
        }
        if (status != KV_OK)
            return cli_write_failed(deletes->run, status, &report, "%s",
                                    cli_items_text(count, "key", "keys", text));
        for (size_t i = 0; i < count; i++)
            delete_tell(deletes, &ops[i], &deletes->verdicts[i]);
        begin += count;
        if (deletes->step < BATCH_COUNT)
            deletes->step *= 2;
    }
    deletes->count = 0;
    return CLI_DONE;
}

static int delete_named(delete_run *deletes, char **keys, int count)
{
    int code = CLI_DONE;

    for (int i = 0; i < count && code == CLI_DONE; i++) {
        deletes->ops[deletes->count++] =
            (kv_op){.kind = KV_DELETE, .key = keys[i], .key_size = strlen(keys[i])};
        if (deletes->count == BATCH_COUNT)
            code = delete_flush(deletes);
    }
    return code == CLI_DONE ? delete_flush(deletes) : code;
}

/* Gather the next keys under the prefix, behind `after`; copies go to `keys`, a row each. */
static kv_status delete_gather(delete_run *deletes, kv_slice prefix, kv_slice after,
                               char (*keys)[KV_KEY_SIZE_MAX])
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = KV_OK;

    options.prefix = prefix;
    options.after = after;
    options.flags = KV_LIST_KEYS_ONLY;
    status = kv_list_begin(deletes->run->snapshot, deletes->ns, &options, &list);
    while (status == KV_OK && deletes->count < BATCH_COUNT) {
        status = kv_list_next(list, &entry);
        if (status != KV_OK || entry.key.size > KV_KEY_SIZE_MAX)
            break;
        memcpy(keys[deletes->count], entry.key.data, entry.key.size);
        deletes->ops[deletes->count] =
            (kv_op){.kind = KV_DELETE, .key = keys[deletes->count], .key_size = entry.key.size};
        deletes->count++;
    }
    kv_list_end(list);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

static int delete_prefix(delete_run *deletes, const char *text)
{
    kv_slice prefix = {text, strlen(text)};
    char last[KV_KEY_SIZE_MAX];
    kv_slice after = {last, 0};
    char(*keys)[KV_KEY_SIZE_MAX] = malloc(BATCH_COUNT * sizeof(*keys));
    int code = CLI_DONE;

    if (keys == NULL)
        return cli_failed(deletes->run, KV_NO_MEMORY, "%s", text);
    while (code == CLI_DONE && !cli_interrupted()) {
        kv_status status = KV_OK;
        code = cli_snapshot(deletes->run);
        if (code != CLI_DONE)
            break;
        status = delete_gather(deletes, prefix, after, keys);
        kv_snapshot_end(deletes->run->snapshot); /* Or the deletes would free no page. */
        deletes->run->snapshot = NULL;
        if (status != KV_OK)
            code = cli_failed(deletes->run, status, "%s", text);
        if (code != CLI_DONE || deletes->count == 0)
            break;
        after.size = deletes->ops[deletes->count - 1].key_size;
        memcpy(last, keys[deletes->count - 1], after.size);
        code = delete_flush(deletes);
    }
    free(keys);
    return code;
}

static int delete_keys(cli *run, char **arguments, int count, const char *prefix, bool is_sure)
{
    char text[CLI_TEXT_SIZE];
    delete_run *deletes = NULL;
    kv_ns ns = 0;
    int code = cli_open_write_namespace(run, arguments[0], &ns);

    if (code == CLI_DONE && prefix != NULL && !is_sure)
        code =
            cli_confirm(run, "delete all keys of %s that begin with '%s'?", arguments[0], prefix);
    if (code != CLI_DONE)
        return code;
    deletes = calloc(1, sizeof(*deletes));
    if (deletes == NULL)
        return cli_failed(run, KV_NO_MEMORY, "del");
    deletes->run = run;
    deletes->ns = ns;
    deletes->step = BATCH_COUNT;
    cli_stop_on_interrupt();
    code = prefix != NULL ? delete_prefix(deletes, prefix)
                          : delete_named(deletes, arguments + 1, count - 1);
    printf("deleted %s", cli_count_text(deletes->deleted, text));
    if (deletes->absent > 0)
        printf(", absent %s", cli_count_text(deletes->absent, text));
    putchar('\n');
    cli_tally_print(run, &deletes->tally, stderr);
    if (code == CLI_DONE && deletes->tally.failed > 0)
        code = CLI_SOME_FAILED;
    free(deletes);
    return code;
}

static int delete_run_del(cli *run)
{
    static const struct option options[] = {{"prefix", required_argument, NULL, 'p'},
                                            {"yes", no_argument, NULL, 'y'},
                                            CLI_OPTIONS_COMMON};
    const char *prefix = NULL;
    char **arguments = NULL;
    bool is_sure = false;
    int count = 0;
    int option = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        if (option == 'p')
            prefix = optarg;
        else
            is_sure = true;
    }
    arguments = cli_arguments(run, 1, run->argc, &count);
    if (arguments == NULL)
        return run->exit_code;
    if ((prefix == NULL) == (count == 1))
        return cli_usage(run, "give keys, or --prefix P");
    return delete_keys(run, arguments, count, prefix, is_sure);
}

const cli_command cli_delete_commands[] = {
    {"del", "NS KEY... | NS --prefix P [--yes]", "Delete keys",
     "Deleting a key that is not there is no failure; the count of those is shown. With --prefix\n"
     "all keys that begin with P go, in batches; asks on a terminal and\n"
     "refuses (64) elsewhere, --yes does not ask.\n"
     "\nExample:\n  kv del site a.html b.html\n  kv del site --prefix old/ --yes\n",
     delete_run_del},
    {0},
};
