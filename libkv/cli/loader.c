#include "cli/loader.h"

#include "cli/failure.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH_COUNT 10000
#define BATCH_BYTES 2000000

static double loader_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int cli_loader_start(cli_loader *loader, cli *run, kv_ns ns, uint64_t value_size_max)
{
    *loader = (cli_loader){.run = run, .ns = ns, .options = KV_WRITE_OPTIONS_INIT};
    loader->options.limits.value_size_max = value_size_max;
    loader->options.limits.batch_size_max = KV_BATCH_SIZE_CEILING; /* BATCH_BYTES is ours. */
    loader->is_terminal = isatty(STDERR_FILENO);
    loader->started = loader_seconds();
    loader->verdicts = calloc(BATCH_COUNT, sizeof(*loader->verdicts));
    if (loader->verdicts == NULL)
        return cli_failed(run, KV_NO_MEMORY, "import");
    return CLI_DONE;
}

/* One line that is written over and over, ten times a second at most. */
static void loader_show_progress(cli_loader *loader, bool is_last)
{
    double now = loader_seconds();
    double seconds = now - loader->started;
    char done[CLI_TEXT_SIZE];
    char rate[CLI_TEXT_SIZE];
    char keys[CLI_TEXT_SIZE];

    if (!loader->is_terminal || (!is_last && now - loader->shown < 0.1))
        return;
    loader->shown = now;
    fputs("\r\033[K", stderr);
    if (is_last)
        return;
    if (loader->input_total > 0)
        fprintf(stderr, "%3u %%  ", cli_percent(loader->input_done, loader->input_total));
    fprintf(stderr, "%s  %s  %s/s",
            cli_items_text(loader->written + loader->tally.failed, "key", "keys", keys),
            cli_size_text(loader->given, done),
            cli_size_text((uint64_t)((double)loader->given / (seconds > 0 ? seconds : 1)), rate));
}

int cli_loader_flush(cli_loader *loader)
{
    kv_report report = KV_REPORT_INIT;
    kvi_kvlist *list = &loader->list;
    kv_status status = KV_OK;
    char text[CLI_TEXT_SIZE];

    if (list->count == 0)
        return CLI_DONE;
    status = kv_batch(loader->run->db, loader->ns, list->ops, list->count, &loader->options,
                      loader->verdicts, &report);
    if (status != KV_OK) {
        loader_show_progress(loader, 1);
        return cli_write_failed(loader->run, status, &report, "a batch of %s",
                                cli_items_text(list->count, "key", "keys", text));
    }
    for (size_t i = 0; i < list->count && report.failed > 0; i++)
        if (loader->verdicts[i].status != KV_OK &&
            !(loader->ignores_expired && loader->verdicts[i].status == KV_EXPIRY_INVALID))
            cli_tally_add(&loader->tally, loader->verdicts[i].status, list->ops[i].key,
                          list->ops[i].key_size);
    loader->written += report.written;
    loader->given += report.bytes_given;
    loader->stored += report.bytes_stored;
    kvi_kvlist_clear(list);
    loader_show_progress(loader, 0);
    return CLI_DONE;
}

/* A pair that would not fit has begun a new batch; one that fills it, large or last, ends it. */
static int loader_added(cli_loader *loader)
{
    kvi_kvlist *list = &loader->list;

    return list->count >= BATCH_COUNT || list->bytes >= BATCH_BYTES ? cli_loader_flush(loader)
                                                                    : CLI_DONE;
}

int cli_loader_add_line(cli_loader *loader, const char *line, size_t size, kvi_kvlist_error *error)
{
    kv_status status = KV_OK;
    int code = CLI_DONE;

    /* The JSON of a pair is longer than the pair. */
    if (loader->list.bytes + size > BATCH_BYTES)
        code = cli_loader_flush(loader);
    if (code != CLI_DONE)
        return code;
    status = kvi_kvlist_add_object(&loader->list, line, size, KVI_KVLIST_EXTRAS, error);
    if (status == KV_INVALID)
        return CLI_REFUSED;
    if (status != KV_OK)
        return cli_failed(loader->run, status, "import");
    return loader_added(loader);
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
        code = cli_loader_flush(loader);
    if (code != CLI_DONE)
        return code;
    status = kvi_kvlist_add_put(&loader->list, put);
    return status == KV_OK ? loader_added(loader) : cli_failed(loader->run, status, "import");
}

void cli_loader_summary(const cli_loader *loader)
{
    double seconds = loader_seconds() - loader->started;
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char c[CLI_TEXT_SIZE];

    if (loader->is_terminal)
        fputs("\r\033[K", stderr);
    printf("written %s, %s given, %s stored (%u %%), in %.1f s (%s keys/s)\n",
           cli_items_text(loader->written, "key", "keys", a), cli_size_text(loader->given, b),
           cli_size_text(loader->stored, c), cli_percent(loader->stored, loader->given), seconds,
           cli_count_text((uint64_t)((double)loader->written / (seconds > 0.001 ? seconds : 0.001)),
                          (char[CLI_TEXT_SIZE]){0}));
    if (loader->tally.failed > 0)
        printf("failed %s\n", cli_items_text(loader->tally.failed, "key", "keys", a));
    cli_tally_print(loader->run, &loader->tally, stdout);
}

void cli_loader_free(cli_loader *loader)
{
    kvi_kvlist_free(&loader->list);
    free(loader->verdicts);
    loader->verdicts = NULL;
}
