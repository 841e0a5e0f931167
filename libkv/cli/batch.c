/* batch-put, batch-del: one API request's document, one transaction, a verdict for each key. */
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/store.h"

#include "edge/kvlist.h"
#include "edge/text.h"
#include "kv_edge.h"

#include <stdlib.h>
#include <string.h>

#define DOCUMENT_SIZE_MAX ((size_t)256 << 20)

/* Bytes of a failure besides its key: names, code and message. */
#define FAILURE_SIZE_MAX 512

/* A batch and what became of it. */
typedef struct cli_batch {
    const kvi_kvlist *list;
    kv_verdict *verdicts;
    kvi_json_writer json; /* With room for what is said of any one key. */
} cli_batch;

/* ---- The answer of the API, and the reasons beside it: printed key by key, without new memory */

static kv_slice batch_key(const cli_batch *batch, size_t index)
{
    return kvi_text(batch->list->ops[index].key, batch->list->ops[index].key_size);
}

static bool batch_has_failed(const cli_batch *batch, size_t index)
{
    return batch->verdicts[index].status != KV_OK;
}

/* A key that a later operation on it took the place of is told by that one. */
static bool batch_is_written(const cli_batch *batch, size_t index)
{
    return !batch_has_failed(batch, index) && (batch->verdicts[index].flags & KV_SUPERSEDED) == 0;
}

static void batch_write_key(cli_batch *batch, size_t index)
{
    kvi_json_write_text(&batch->json, NULL, batch_key(batch, index));
}

static void batch_write_failure(cli_batch *batch, size_t index)
{
    kv_edge_status edge = kv_status_edge(batch->verdicts[index].status);

    kvi_json_write_object_begin(&batch->json, NULL);
    kvi_json_write_text(&batch->json, "Key", batch_key(batch, index));
    kvi_json_write_text(&batch->json, "Code", kvi_text_of(edge.code));
    kvi_json_write_text(&batch->json, "Message", kvi_text_of(edge.message));
    kvi_json_write_object_end(&batch->json);
}

/* An array of those that are chosen; how many. */
static size_t batch_print_array(const cli *run, cli_batch *batch, const char *name,
                                bool (*is_chosen)(const cli_batch *batch, size_t index),
                                void (*write)(cli_batch *batch, size_t index))
{
    size_t count = 0;

    printf("\"%s\":[", name);
    for (size_t i = 0; i < batch->list->count; i++) {
        if (!is_chosen(batch, i))
            continue;
        if (count++ > 0)
            putchar(',');
        write(batch, i);
        (void)cli_print_json(run, &batch->json, false); /* Whether it arrives, fflush() tells. */
    }
    putchar(']');
    return count;
}

static int batch_print(const cli *run, cli_batch *batch)
{
    size_t failed;

    putchar('{');
    (void)batch_print_array(run, batch, "SuccessKeys", batch_is_written, batch_write_key);
    putchar(',');
    failed = batch_print_array(run, batch, "FailKeys", batch_has_failed, batch_write_key);
    putchar(',');
    (void)batch_print_array(run, batch, "Failures", batch_has_failed, batch_write_failure);
    puts("}");
    if (fflush(stdout) != 0 || cli_output_failed())
        cli_message(run, "the batch was written, but not the whole of this answer");
    return failed > 0 ? CLI_SOME_FAILED : CLI_DONE;
}

/* ---- Writing */

/* All that the answer needs, before anything is written: from then on nothing may fail here. */
static kv_status batch_prepare(cli_batch *batch)
{
    size_t longest = 0;

    for (size_t i = 0; i < batch->list->count; i++)
        if (batch->list->ops[i].key_size > longest)
            longest = batch->list->ops[i].key_size;
    kvi_json_write_reserve(&batch->json, 6 * longest + FAILURE_SIZE_MAX);
    batch->verdicts = calloc(batch->list->count + 1, sizeof(*batch->verdicts));
    return batch->json.has_failed || batch->verdicts == NULL ? KV_NO_MEMORY : KV_OK;
}

static int batch_write(cli *run, kv_ns ns, const kvi_kvlist *list)
{
    cli_batch batch = {.list = list};
    kv_report report = KV_REPORT_INIT;
    kv_status status = batch_prepare(&batch);
    int code = CLI_REFUSED;

    if (status == KV_OK)
        status = kv_batch(run->db, ns, list->ops, list->count, NULL, batch.verdicts, &report);
    if (status == KV_OK)
        code = batch_print(run, &batch);
    else if (list->count == 0)
        cli_message(run, "the array is empty: there is nothing to do");
    else
        code = cli_write_failed(run, status, &report, "the batch");
    free(batch.verdicts);
    kvi_json_write_free(&batch.json);
    return code;
}

static int batch_run(cli *run, bool is_delete)
{
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};
    kv_status status = KV_OK;
    cli_bytes text = {0};
    kv_ns ns = 0;
    int count = 0;
    int code = 0;
    char **arguments = cli_only_arguments(run, 1, 2, &count);
    const char *path = "-";

    if (arguments == NULL)
        return run->exit_code;
    if (count == 2)
        path = arguments[1];
    code = cli_input_read_all(run, path, DOCUMENT_SIZE_MAX, &text);
    if (code == CLI_DONE) {
        status = is_delete
                     ? kvi_kvlist_add_keys(&list, text.data, text.size, &error)
                     : kvi_kvlist_add_array(&list, text.data, text.size, KVI_KVLIST_EXTRAS, &error);
        if (status == KV_INVALID) {
            cli_message(run, "%s: %s; nothing was written", cli_input_name(path), error.message);
            code = CLI_REFUSED;
        } else if (status != KV_OK) {
            code = cli_failed(run, status, "%s", cli_input_name(path));
        }
    }
    free(text.data);
    if (code == CLI_DONE)
        code = cli_open_write_namespace(run, arguments[0], &ns);
    if (code == CLI_DONE)
        code = batch_write(run, ns, &list);
    kvi_kvlist_free(&list);
    return code;
}

static int batch_run_put(cli *run)
{
    return batch_run(run, false);
}

static int batch_run_del(cli *run)
{
    return batch_run(run, true);
}

const cli_command cli_batch_commands[] = {
    {"batch-put", "NS [FILE|-]", "Write a KvList: one transaction, a verdict for each key",
     "The document is the API's: a JSON array of objects with Key and Value, and optionally\n"
     "Expiration (Unix seconds) or ExpirationTtl (seconds; it wins). Beyond the API: Metadata\n"
     "(text), \"Base64\": true where Value is base64, and \"MetadataBase64\": true where Metadata\n"
     "is. Other members are ignored. At most 10,000 keys, and 2,000,000 bytes of keys, values and\n"
     "metadata.\n"
     "\nA fault of one key fails that key, and the rest is written. A fault of the document (not\n"
     "JSON, no Value) refuses it, and nothing is written. The answer is\n"
     "{\"SuccessKeys\":[],\"FailKeys\":[],\"Failures\":[{\"Key\",\"Code\",\"Message\"}]}, in the\n"
     "order of the document. If a key is given twice, the last value stays.\n"
     "\nExample:\n"
     "  echo "
     "'[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\",\"ExpirationTtl\":60}]'"
     " |\n  kv batch-put site\n",
     batch_run_put},
    {"batch-del", "NS [FILE|-]", "Delete the keys of a JSON array, in one transaction",
     "At most 10,000 keys. A key that is not there counts as deleted. The answer is as for\n"
     "batch-put.\n"
     "\nExample:\n  echo '[\"a\",\"b\"]' | kv batch-del site\n",
     batch_run_del},
    {0},
};
