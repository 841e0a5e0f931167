#include "cli/loader.h"

#include "cli/failure.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_COUNT 10000
#define BATCH_BYTES 2000000
/* In a row, and nothing of them was written for want of room: then the input is not worth reading
   on. Of a few large values all may be refused where smaller ones find room. */
#define REFUSED_COUNT_MAX 100
#define REFUSED_BATCHES_MAX 16

int cli_loader_start(cli_loader *loader, cli *run, uint64_t value_size_max)
{
    *loader = (cli_loader){.run = run, .options = KV_WRITE_OPTIONS_INIT};
    loader->options.limits.value_size_max = value_size_max;
    loader->options.limits.batch_size_max = KV_BATCH_SIZE_CEILING; /* BATCH_BYTES is ours. */
    cli_progress_start(&loader->progress, run, true);
    loader->verdicts = calloc(BATCH_COUNT, sizeof(*loader->verdicts));
    loader->lines = calloc(BATCH_COUNT, sizeof(*loader->lines));
    if (loader->verdicts == NULL || loader->lines == NULL)
        return cli_failed(run, KV_NO_MEMORY, "import");
    return CLI_DONE;
}

const char *cli_loader_place(const cli_loader *loader, char out[CLI_PLACE_SIZE])
{
    const kvi_kvlist *list = &loader->list;
    char line[CLI_TEXT_SIZE];
    char done[CLI_TEXT_SIZE];
    char total[CLI_TEXT_SIZE];

    out[0] = '\0';
    if (loader->input_line == 0 && list->count > 0)
        snprintf(out, CLI_PLACE_SIZE, "the key %.*s", (int)list->ops[list->count - 1].key_size,
                 (const char *)list->ops[list->count - 1].key);
    else if (loader->input_line > 0)
        snprintf(out, CLI_PLACE_SIZE, "line %s, byte %s%s%s",
                 cli_count_text(loader->input_line, line), cli_count_text(loader->input_done, done),
                 loader->input_total > 0 ? " of " : "",
                 loader->input_total > 0 ? cli_count_text(loader->input_total, total) : "");
    return out;
}

/* ---- Where there is no room */

static bool loader_is_full(kv_status status)
{
    return status == KV_NAMESPACE_FULL || status == KV_STORE_FULL || status == KV_DISK_FULL;
}

/* Whether all of a batch was refused, and most of it for want of room: the reason; else KV_OK. */
static kv_status loader_refusal(const cli_loader *loader, const kv_report *report)
{
    size_t count = loader->list.count;
    kv_status reason = KV_OK;
    size_t full = 0;

    if (report->failed < count)
        return KV_OK;
    for (size_t i = 0; i < count; i++) {
        if (!loader_is_full(loader->verdicts[i].status))
            continue;
        reason = loader->verdicts[i].status;
        full++;
    }
    return full * 2 > count ? reason : KV_OK;
}

/* Before the batch is forgotten. CLI_DONE, or stop after a message. */
static int loader_check_room(cli_loader *loader, const kv_report *report)
{
    kv_status reason = loader_refusal(loader, report);
    char advice[CLI_ADVICE_SIZE];
    char place[CLI_PLACE_SIZE];
    char count[CLI_TEXT_SIZE];

    if (reason == KV_OK) {
        loader->refused_batches = loader->refused_count = 0;
        return CLI_DONE;
    }
    loader->refused_batches++;
    loader->refused_count += loader->list.count;
    if (loader->refused_batches < REFUSED_BATCHES_MAX && loader->refused_count < REFUSED_COUNT_MAX)
        return CLI_DONE;
    cli_message(loader->run,
                "stopped at %s: of the last %s keys none found room: %s (%s)\n"
                "  %s\n"
                "  then run it again: what is there already is written once more",
                cli_loader_place(loader, place), cli_count_text(loader->refused_count, count),
                kv_strerror(reason), kv_status_name(reason),
                cli_advice(loader->run, reason, advice));
    loader->tally.advised = reason;
    return cli_exit_code(reason);
}

/* ---- Batches */

/* Write what is gathered. is_last: nothing follows, so there is nothing to stop. */
static int loader_flush(cli_loader *loader, bool is_last)
{
    kv_report report = KV_REPORT_INIT;
    kvi_kvlist *list = &loader->list;
    kv_status status = KV_OK;
    char place[CLI_PLACE_SIZE];
    char text[CLI_TEXT_SIZE];
    int code = CLI_DONE;

    if (list->count == 0)
        return CLI_DONE;
    status = kv_batch(loader->run->db, loader->ns, list->ops, list->count, &loader->options,
                      loader->verdicts, &report);
    if (status != KV_OK)
        return cli_write_failed(loader->run, status, &report, "a batch of %s, read up to %s",
                                cli_items_text(list->count, "key", "keys", text),
                                cli_loader_place(loader, place));
    for (size_t i = 0; i < list->count && report.failed > 0; i++)
        if (loader->verdicts[i].status != KV_OK &&
            !(loader->ignores_expired && loader->verdicts[i].status == KV_EXPIRY_INVALID))
            cli_tally_add(&loader->tally, loader->verdicts[i].status, loader->lines[i],
                          list->ops[i].key, list->ops[i].key_size);
    loader->written += report.written;
    loader->given += report.bytes_given;
    loader->stored += report.bytes_stored;
    cli_progress_show(&loader->progress, loader->written + loader->tally.failed, loader->given,
                      loader->input_done, loader->input_total);
    if (!is_last)
        code = loader_check_room(loader, &report);
    kvi_kvlist_clear(list);
    return code;
}

int cli_loader_finish(cli_loader *loader)
{
    return loader_flush(loader, true);
}

int cli_loader_enter(cli_loader *loader, kv_ns ns)
{
    int code = loader_flush(loader, true); /* The next namespace may have room. */

    loader->refused_batches = loader->refused_count = 0;
    loader->ns = ns;
    return code;
}

bool cli_loader_takes(cli_loader *loader, const char *key, size_t key_size)
{
    size_t size = loader->prefix == NULL ? 0 : strlen(loader->prefix);

    if (size == 0 || (key_size >= size && memcmp(key, loader->prefix, size) == 0))
        return true;
    loader->left_out++;
    return false;
}

/* A pair that would not fit has begun a new batch; one that fills it, large or last, ends it. */
static int loader_added(cli_loader *loader)
{
    kvi_kvlist *list = &loader->list;

    loader->lines[list->count - 1] = loader->input_line;
    return list->count >= BATCH_COUNT || list->bytes >= BATCH_BYTES ? loader_flush(loader, false)
                                                                    : CLI_DONE;
}

int cli_loader_add_line(cli_loader *loader, const char *line, size_t size, kvi_kvlist_error *error)
{
    const kv_op *op = NULL;
    kv_status status = KV_OK;
    int code = CLI_DONE;

    error->message[0] = '\0';
    /* The JSON of a pair is longer than the pair. */
    if (loader->list.bytes + size > BATCH_BYTES)
        code = loader_flush(loader, false);
    if (code != CLI_DONE)
        return code;
    status = kvi_kvlist_add_object(&loader->list, line, size, KVI_KVLIST_EXTRAS, error);
    if (status == KV_INVALID)
        return CLI_REFUSED;
    if (status != KV_OK)
        return cli_failed(loader->run, status, "import");
    op = &loader->list.ops[loader->list.count - 1];
    if (cli_loader_takes(loader, op->key, op->key_size))
        return loader_added(loader);
    kvi_kvlist_drop_last(&loader->list);
    return CLI_DONE;
}

int cli_loader_add_pair(cli_loader *loader, const char *key, const void *value, size_t value_size)
{
    kv_op put = {.key = key, .key_size = strlen(key), .value = value, .value_size = value_size};

    return cli_loader_add_put(loader, &put);
}

int cli_loader_add_put(cli_loader *loader, const kv_op *put)
{
    size_t size = put->key_size + put->value_size + put->metadata_size;
    kv_status status = KV_OK;
    int code = CLI_DONE;

    if (loader->list.bytes + size > BATCH_BYTES)
        code = loader_flush(loader, false);
    if (code != CLI_DONE)
        return code;
    status = kvi_kvlist_add_put(&loader->list, put);
    return status == KV_OK ? loader_added(loader) : cli_failed(loader->run, status, "import");
}

void cli_loader_summary(cli_loader *loader)
{
    double seconds = cli_progress_seconds(&loader->progress);
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char c[CLI_TEXT_SIZE];

    cli_progress_end(&loader->progress);
    printf("written %s, %s given, %s stored (%u %%), in %.1f s (%s keys/s)\n",
           cli_items_text(loader->written, "key", "keys", a), cli_size_text(loader->given, b),
           cli_size_text(loader->stored, c), cli_percent(loader->stored, loader->given), seconds,
           cli_count_text((uint64_t)((double)loader->written / (seconds > 0.001 ? seconds : 0.001)),
                          (char[CLI_TEXT_SIZE]){0}));
    if (loader->left_out > 0)
        printf("left out %s without the prefix\n",
               cli_items_text(loader->left_out, "key", "keys", a));
    if (loader->tally.failed > 0)
        printf("failed %s\n", cli_items_text(loader->tally.failed, "key", "keys", a));
    cli_tally_print(loader->run, &loader->tally, stdout);
}

void cli_loader_free(cli_loader *loader)
{
    kvi_kvlist_free(&loader->list);
    free(loader->verdicts);
    free(loader->lines);
    loader->verdicts = NULL;
    loader->lines = NULL;
}
