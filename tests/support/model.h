/* What a store must answer, in plain memory: sorted arrays, no pages, no compression, no index.
 *
 * A row that has expired stays in the model, as it may stay in the store, until model_sweep(). So
 * between sweeps the store's usage lies between the live rows' and the present rows'; after a full
 * sweep it is equal. Answers that can fail for lack of room, memory or luck are not modelled. */
#ifndef SUPPORT_MODEL_H
#define SUPPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kv.h"

/** Bytes that rows share; counted. */
struct model_blob {
    size_t holders, size;
    unsigned char bytes[];
};

struct model_row {
    struct model_blob *key, *value, *metadata;
    uint64_t version;
    int64_t expires_at, updated_at;
    bool expires;
};

struct model_namespace {
    kv_ns id;
    bool dropped;
    char name[KV_NAMESPACE_NAME_MAX + 1];
    char description[KV_DESCRIPTION_SIZE_MAX + 1];
    uint64_t capacity;
    int64_t created_at;
    struct model_row *rows; /* In byte order of the key. */
    size_t count, room;
};

struct model_change {
    uint64_t sequence, size;
    kv_ns ns;
    uint32_t kind;
    struct model_blob *key;
    int64_t expires_at, time;
    bool expires;
};

struct model {
    struct model_namespace *namespaces;
    size_t namespace_count;
    uint64_t sequence;    /* The newest taken. */
    kv_settings settings; /* In force; 0: defaults. */
    kv_limits limits;     /* Of the handle; 0: defaults. */
    struct model_change *changes;
    size_t change_count, change_room;
};

struct model_usage {
    uint64_t keys, key_bytes, value_bytes, metadata_bytes;
};

void model_init(struct model *model, const kv_settings *settings, uint64_t sequence);
void model_free(struct model *model);

/** The live namespace, or NULL. */
struct model_namespace *model_find(struct model *model, kv_ns id);
/** What creating a namespace of that name answers. */
kv_status model_name_status(const struct model *model, const char *name, size_t name_size);
/** What finding it does: KV_OK; KV_NAMESPACE_NOT_FOUND; KV_NAMESPACE_MALFORMED. */
kv_status model_name_find(const struct model *model, const char *name, size_t name_size,
                          kv_ns *id_out);
/** Call when model_name_status() says KV_OK, with the id that the store gave. */
void model_namespace_create(struct model *model, kv_ns id, const char *name, size_t name_size,
                            int64_t now);
kv_status model_namespace_set(struct model *model, kv_ns id, uint64_t capacity,
                              const char *description, size_t description_size, int64_t now);
kv_status model_namespace_rename(struct model *model, kv_ns id, const char *name, size_t name_size,
                                 int64_t now);
kv_status model_namespace_drop(struct model *model, kv_ns id, int64_t now);
void model_settings_set(struct model *model, const kv_settings *settings, int64_t now);

/** kv_batch(). verdicts has `count` items; of the report everything but bytes_stored, swept, token
 *  and the times is set. */
kv_status model_batch(struct model *model, kv_ns ns, const kv_op *ops, size_t count,
                      const kv_limits *limits, int64_t now, kv_verdict *verdicts,
                      kv_report *report);
/** kv_put(): no bound on the batch. */
kv_status model_put(struct model *model, kv_ns ns, const kv_op *op, int64_t now,
                    kv_verdict *verdict);

kv_status model_key_status(const void *key, size_t key_size);
/** KV_OK, KV_KEY_TOO_LONG or KV_KEY_MALFORMED; empty is fine. */
kv_status model_prefix_status(kv_slice prefix);
int model_key_compare(const void *a, size_t a_size, const void *b, size_t b_size);
bool model_row_live(const struct model_row *row, int64_t now);
/** The live row, or NULL. */
const struct model_row *model_get(const struct model_namespace *space, const void *key,
                                  size_t key_size, int64_t now);
/** Drop expired rows everywhere. */
void model_sweep(struct model *model, int64_t now);
/** Of the live rows, or of all rows present. */
struct model_usage model_usage(const struct model_namespace *space, int64_t now, bool live_only);

/** A copy that later writes leave alone. Free it with model_namespace_free(). */
struct model_namespace model_namespace_copy(const struct model_namespace *space);
void model_namespace_free(struct model_namespace *space);

#endif
