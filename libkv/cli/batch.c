/* batch-put, batch-del: one API request's document, one transaction, a verdict for each key. */
#include "cli/console.h"
#include "cli/input.h"
#include "cli/store.h"

#include "edge/kvlist.h"
#include "kv_edge.h"

#include <stdlib.h>
#include <string.h>

#define DOCUMENT_SIZE_MAX ((size_t)256 << 20)

/* The answer of the API, and the reasons beside it. */
typedef struct batch_answer {
    json_t *success, *fail, *failures;
    json_t *seen; /* Keys in success, as members. */
} batch_answer;

/* A key that was written is UTF-8 without a zero byte; a key that failed is UTF-8 at least. */
static int batch_add(batch_answer *answer, const kv_op *op, const kv_verdict *verdict)
{
    kv_edge_status edge = kv_status_edge(verdict->status);
    json_t *key = json_stringn(op->key, op->key_size);
    int failed = key == NULL;

    if (!failed && verdict->status != KV_OK) {
        failed = json_array_append(answer->fail, key) != 0 ||
                 json_array_append_new(answer->failures,
                                       json_pack("{s:O, s:s, s:s}", "Key", key, "Code", edge.code,
                                                 "Message", edge.message)) != 0;
    } else if (!failed && json_object_get(answer->seen, op->key) == NULL) {
        failed = json_array_append(answer->success, key) != 0 ||
                 json_object_set_new(answer->seen, op->key, json_true()) != 0;
    }
    json_decref(key);
    return failed ? -1 : 0;
}

static int batch_print(cli *run, const kvi_kvlist *list, const kv_verdict *verdicts)
{
    batch_answer answer = {json_array(), json_array(), json_array(), json_object()};
    json_t *all = NULL;
    int failed = 0;
    size_t failures = 0;

    for (size_t i = 0; i < list->count && failed == 0; i++)
        failed = batch_add(&answer, &list->ops[i], &verdicts[i]);
    failures = json_array_size(answer.fail);
    all = json_pack("{s:o, s:o, s:o}", "SuccessKeys", answer.success, "FailKeys", answer.fail,
                    "Failures", answer.failures);
    json_decref(answer.seen);
    if (failed != 0) {
        json_decref(all);
        all = NULL;
    }
    if (cli_print_json(run, all) != CLI_DONE)
        return CLI_STORE_FAILED;
    return failures > 0 ? CLI_SOME_FAILED : CLI_DONE;
}

static int batch_write(cli *run, kv_ns ns, const kvi_kvlist *list)
{
    kv_report report = KV_REPORT_INIT;
    kv_verdict *verdicts = calloc(list->count + 1, sizeof(*verdicts));
    kv_status status = KV_NO_MEMORY;
    int code = 0;

    if (verdicts != NULL)
        status = kv_batch(run->db, ns, list->ops, list->count, NULL, verdicts, &report);
    if (status == KV_OK) {
        code = batch_print(run, list, verdicts);
    } else if (list->count == 0) {
        cli_message(run, "the array is empty: there is nothing to do");
        code = CLI_REFUSED;
    } else {
        code = cli_failed(run, status, "nothing was written");
    }
    free(verdicts);
    return code;
}

static int batch_run(cli *run, int deletes)
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
        status = deletes
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
    return batch_run(run, 0);
}

static int batch_run_del(cli *run)
{
    return batch_run(run, 1);
}

const cli_command cli_batch_commands[] = {
    {"batch-put", "NS [FILE|-]", "Write a KvList: one transaction, a verdict for each key",
     "The document is the API's: a JSON array of objects with Key and Value, and if wanted\n"
     "Expiration (Unix seconds) or ExpirationTtl (seconds; it wins). Beyond the API: Metadata\n"
     "(text), \"Base64\": true where Value is base64, and \"MetadataBase64\": true where Metadata\n"
     "is. Other members are ignored. At most 10,000 keys, and 2,000,000 bytes of keys, values and\n"
     "metadata.\n"
     "\nA fault of one key fails that key, and the rest is written. A fault of the document (not\n"
     "JSON, no Value) refuses it, and nothing is written. The answer is\n"
     "{\"SuccessKeys\":[],\"FailKeys\":[],\"Failures\":[{\"Key\",\"Code\",\"Message\"}]}, in the\n"
     "order of the document. Of one key given twice the last value stays.\n"
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
