#include "edge/write_keys.h"

#include "edge/json_text.h"
#include "edge/kvlist.h"

#include <inttypes.h>
#include <stdlib.h>

/* A pair is an object with at most four members; the rest is room for members we do not know. */
#define VALUES_FOR_EACH 16

const kvi_write_keys_limits kvi_write_keys_small = {
    .value_size_max = KV_VALUE_SIZE_DEFAULT,
    .value_message = "The size of the value cannot exceed 2,000,000 bytes.",
    .batch_size_max = KV_BATCH_SIZE_DEFAULT,
    .keys_size_max = 2000000};
const kvi_write_keys_limits kvi_write_keys_high = {
    .value_size_max = KV_VALUE_SIZE_CEILING,
    .value_message = "The size of the value cannot exceed 26,214,400 bytes.",
    .batch_size_max = KV_BATCH_SIZE_CEILING,
    .keys_size_max = KV_BATCH_SIZE_CEILING};

/* What the service says of a status. */
static kv_edge_status write_keys_edge(kv_status status, const kvi_write_keys_limits *limits)
{
    kv_edge_status edge = kv_status_edge(status);

    if (status == KV_VALUE_TOO_LONG)
        edge.message = limits->value_message;
    return edge;
}

/* ---- One */

bool kvi_write_keys_one(kvi_call *call, const kv_op *op, const kvi_write_keys_limits *limits)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict verdict = {0};
    kv_edge_status edge;
    kv_status status;

    /* The bound on a batch is not for single puts. */
    options.limits = (kv_limits){.value_size_max = limits->value_size_max,
                                 .batch_size_max = KV_BATCH_SIZE_CEILING,
                                 .batch_count_max = 1};
    kvi_call_enter(call);
    status = kv_batch(call->db, call->ns, op, 1, &options, &verdict, NULL);
    kvi_call_leave(call);
    if (status == KV_OK)
        status = verdict.status;
    edge = write_keys_edge(status, limits);
    if (status != KV_OK)
        kvi_answer_fault(call->answer, edge.http, edge.code, edge.message);
    return status == KV_OK;
}

void kvi_write_keys_tell_put(kvi_call *call, size_t size, kv_slice text)
{
    if (call->dialect == KVI_ESA)
        kvi_answer_digits(call->answer, "Length", size);
    else
        kvi_answer_number(call->answer, "Length", size);
    kvi_answer_shortened(call->answer, "Value", text);
}

/* ---- The verdicts of many */

static kv_slice write_keys_of(const kv_op *op)
{
    return (kv_slice){op->key, op->key_size};
}

/* If a later operation on the same key replaced this one, that one reports the key. */
static void write_keys_successes(kvi_answer *answer, const kv_op *ops, const kv_verdict *verdicts,
                                 size_t count)
{
    kvi_answer_array_begin(answer, "SuccessKeys");
    for (size_t i = 0; i < count; i++) {
        if (verdicts[i].status == KV_OK && (verdicts[i].flags & KV_SUPERSEDED) == 0)
            kvi_answer_text(answer, NULL, write_keys_of(&ops[i]));
    }
    kvi_answer_array_end(answer);
}

static void write_keys_failures(kvi_answer *answer, const kv_op *ops, const kv_verdict *verdicts,
                                size_t count, const kvi_write_keys_limits *limits)
{
    kvi_answer_array_begin(answer, "FailKeys");
    for (size_t i = 0; i < count; i++) {
        if (verdicts[i].status != KV_OK)
            kvi_answer_text(answer, NULL, write_keys_of(&ops[i]));
    }
    kvi_answer_array_end(answer);
    kvi_answer_array_begin(answer, "Failures");
    for (size_t i = 0; i < count; i++) {
        kv_edge_status edge = write_keys_edge(verdicts[i].status, limits);

        if (verdicts[i].status == KV_OK)
            continue;
        kvi_answer_object_begin(answer, NULL);
        kvi_answer_number(answer, "Index", i);
        kvi_answer_text(answer, "Key", write_keys_of(&ops[i]));
        kvi_answer_string(answer, "Code", edge.code);
        kvi_answer_string(answer, "Message", edge.message);
        kvi_answer_object_end(answer);
    }
    kvi_answer_array_end(answer);
}

static void write_keys_many(kvi_call *call, const kvi_kvlist *list,
                            const kvi_write_keys_limits *limits)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict *verdicts = calloc(list->count, sizeof(*verdicts));

    if (verdicts == NULL) {
        kvi_answer_status(call->answer, KV_NO_MEMORY);
        return;
    }
    options.limits = (kv_limits){.value_size_max = limits->value_size_max,
                                 .batch_size_max = limits->batch_size_max,
                                 .batch_count_max = KV_BATCH_COUNT_DEFAULT};
    kvi_call_enter(call);
    if (kvi_call_done(
            call, kv_batch(call->db, call->ns, list->ops, list->count, &options, verdicts, NULL))) {
        write_keys_successes(call->answer, list->ops, verdicts, list->count);
        write_keys_failures(call->answer, list->ops, verdicts, list->count, limits);
    }
    free(verdicts);
}

/* ---- Lists */

/* Look at the list before memory is spent on it. */
static bool write_keys_check_text(kvi_answer *answer, const char *name, kv_slice text)
{
    kvi_json_measure measure = kvi_json_text_measure(text);

    if (measure.items > KV_BATCH_COUNT_DEFAULT)
        kvi_answer_status(answer, KV_TOO_MANY_KEYS);
    else if (measure.values > (size_t)KV_BATCH_COUNT_DEFAULT * VALUES_FOR_EACH)
        kvi_answer_invalid(answer, "%s has too many members.", name);
    return answer->code == NULL;
}

static bool write_keys_check_list(kvi_answer *answer, const char *name, kv_status status,
                                  const kvi_kvlist *list, const kvi_kvlist_error *error)
{
    if (status == KV_INVALID)
        kvi_answer_invalid(answer, "%s: %s.", name, error->message);
    else if (status == KV_OK && list->count == 0)
        kvi_answer_invalid(answer, "%s is empty.", name);
    else
        kvi_answer_status(answer, status);
    return answer->code == NULL;
}

static void write_keys_list(kvi_call *call, const char *name, kv_slice text,
                            const kvi_write_keys_limits *limits, bool is_delete)
{
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};
    kv_status status;

    if (!write_keys_check_text(call->answer, name, text))
        return;
    status = is_delete ? kvi_kvlist_add_keys(&list, text.data, text.size, &error)
                       : kvi_kvlist_add_array(&list, text.data, text.size, 0, &error);
    /* Of puts the store counts the bytes, without those that fail by themselves. */
    if (write_keys_check_list(call->answer, name, status, &list, &error) && is_delete &&
        list.bytes > limits->keys_size_max)
        kvi_answer_invalid(call->answer, "%s has over %" PRIu64 " bytes.", name,
                           limits->keys_size_max);
    if (call->answer->code == NULL && kvi_call_find_namespace(call))
        write_keys_many(call, &list, limits);
    kvi_kvlist_free(&list);
}

void kvi_write_keys_puts(kvi_call *call, const char *name, kv_slice text,
                         const kvi_write_keys_limits *limits)
{
    write_keys_list(call, name, text, limits, false);
}

void kvi_write_keys_deletes(kvi_call *call, const char *name, kv_slice text,
                            const kvi_write_keys_limits *limits)
{
    write_keys_list(call, name, text, limits, true);
}
