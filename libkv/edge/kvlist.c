#include "edge/kvlist.h"

#include "edge/base64.h"
#include "edge/json_check.h"
#include "edge/json_text.h"
#include "edge/json_write.h"
#include "edge/text.h"
#include "edge/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define NO_INDEX SIZE_MAX

/* What the operations of one document point to. */
struct kvi_kvlist_block {
    kvi_kvlist_block *next;
    char bytes[];
};

/* ---- Faults */

__attribute__((format(printf, 3, 4))) static kv_status
kvlist_fail(kvi_kvlist_error *error, size_t index, const char *format, ...)
{
    va_list arguments;

    if (error == NULL)
        return KV_INVALID;
    *error = (kvi_kvlist_error){.index = index};
    if (index != NO_INDEX)
        error->place_size =
            (size_t)snprintf(error->message, sizeof(error->message), "element [%zu]: ", index);
    va_start(arguments, format);
    vsnprintf(error->message + error->place_size, sizeof(error->message) - error->place_size,
              format, arguments);
    va_end(arguments);
    return KV_INVALID;
}

static kv_status kvlist_fail_syntax(kvi_kvlist_error *error, const kvi_json_fault *fault)
{
    if (error == NULL)
        return KV_INVALID;
    *error = (kvi_kvlist_error){.index = NO_INDEX, .line = fault->line, .column = fault->column};
    error->place_size = (size_t)snprintf(error->message, sizeof(error->message),
                                         "line %zu, column %zu: ", fault->line, fault->column);
    snprintf(error->message + error->place_size, sizeof(error->message) - error->place_size, "%s",
             fault->what);
    return KV_INVALID;
}

/* ---- Memory */

/* A block of `size` bytes, not in a list yet. NULL: no memory. */
static kvi_kvlist_block *kvlist_block(size_t size)
{
    kvi_kvlist_block *block = NULL;

    if (size <= SIZE_MAX / 2)
        block = malloc(sizeof(*block) + size);
    if (block != NULL)
        block->next = NULL;
    return block;
}

static kv_status kvlist_reserve(kvi_kvlist *list, size_t more)
{
    size_t capacity = list->capacity == 0 ? 64 : list->capacity;
    kv_op *ops = NULL;

    if (more > SIZE_MAX / 4 / sizeof(kv_op) - list->count)
        return KV_NO_MEMORY;
    if (list->count + more <= list->capacity)
        return KV_OK;
    while (capacity < list->count + more)
        capacity *= 2;
    ops = realloc(list->ops, capacity * sizeof(*ops));
    if (ops == NULL)
        return KV_NO_MEMORY;
    list->ops = ops;
    list->capacity = capacity;
    return KV_OK;
}

/* The operations behind the last one become the list's, and so does the block. */
static void kvlist_accept(kvi_kvlist *list, size_t count, kvi_kvlist_block *block)
{
    block->next = list->blocks;
    list->blocks = block;
    for (size_t i = list->count; i < list->count + count; i++)
        list->bytes += list->ops[i].key_size + list->ops[i].value_size + list->ops[i].metadata_size;
    list->count += count;
}

/* ---- Reading */

/* The members that are known; without data: not given. */
typedef struct kvlist_members {
    kv_slice key, value, expiration, ttl, base64, metadata, metadata_base64;
} kvlist_members;

static const struct member_row {
    const char *name;
    size_t offset;
    bool is_extra; /* Beyond the API. */
} member_rows[] = {
    {"Key", offsetof(kvlist_members, key), false},
    {"Value", offsetof(kvlist_members, value), false},
    {"Expiration", offsetof(kvlist_members, expiration), false},
    {"ExpirationTtl", offsetof(kvlist_members, ttl), false},
    {"Base64", offsetof(kvlist_members, base64), true},
    {"Metadata", offsetof(kvlist_members, metadata), true},
    {"MetadataBase64", offsetof(kvlist_members, metadata_base64), true},
};

/* Of two with one name the last. */
static kvlist_members kvlist_find(kv_slice object, uint32_t flags)
{
    kvlist_members members = {0};
    kv_slice name, value;
    size_t at = 0;

    while (kvi_json_next(object, &at, &name, &value)) {
        for (size_t i = 0; i < sizeof(member_rows) / sizeof(member_rows[0]); i++) {
            const struct member_row *row = &member_rows[i];

            if ((!row->is_extra || (flags & KVI_KVLIST_EXTRAS) != 0) &&
                kvi_json_string_is(name, row->name))
                *(kv_slice *)((char *)&members + row->offset) = value;
        }
    }
    return members;
}

/* Decode a string, base64 or not, to *room, which moves on. */
static kv_status kvlist_string(kv_slice member, const char *name, bool is_base64, size_t index,
                               kvi_kvlist_error *error, char **room, kv_slice *out)
{
    size_t size;

    if (kvi_json_kind_of(member) != KVI_JSON_STRING)
        return kvlist_fail(error, index, "%s is not a string", name);
    size = kvi_json_string(member, *room);
    if (is_base64 && kvi_base64_decode(*room, size, *room, &size) != KV_OK)
        return kvlist_fail(error, index, "%s is not base64", name);
    *out = kvi_text(*room, size);
    *room += size;
    return KV_OK;
}

static kv_status kvlist_integer(kv_slice member, const char *name, size_t index,
                                kvi_kvlist_error *error, uint32_t flag, uint32_t *flags,
                                int64_t *out)
{
    if (member.data == NULL)
        return KV_OK;
    if (!kvi_json_integer(member, out))
        return kvlist_fail(error, index, "%s is not an integer", name);
    *flags |= flag;
    return KV_OK;
}

static kv_status kvlist_flag(kv_slice member, const char *name, size_t index,
                             kvi_kvlist_error *error, bool *is_true_out)
{
    kvi_json_kind kind = member.data == NULL ? KVI_JSON_FALSE : kvi_json_kind_of(member);

    if (kind != KVI_JSON_FALSE && kind != KVI_JSON_TRUE)
        return kvlist_fail(error, index, "%s is neither true nor false", name);
    *is_true_out = kind == KVI_JSON_TRUE;
    return KV_OK;
}

static kv_status kvlist_extras(const kvlist_members *members, size_t index, kvi_kvlist_error *error,
                               char **room, bool *is_base64, kv_slice *metadata)
{
    bool is_metadata_base64 = false;
    kv_status status = kvlist_flag(members->base64, "Base64", index, error, is_base64);

    if (status == KV_OK)
        status = kvlist_flag(members->metadata_base64, "MetadataBase64", index, error,
                             &is_metadata_base64);
    if (status == KV_OK && members->metadata.data != NULL)
        status = kvlist_string(members->metadata, "Metadata", is_metadata_base64, index, error,
                               room, metadata);
    return status;
}

/* One object to one put, whose bytes go to *room. */
static kv_status kvlist_put(kv_slice object, size_t index, uint32_t flags, kvi_kvlist_error *error,
                            char **room, kv_op *op)
{
    kvlist_members members;
    kv_slice key = {"", 0};
    kv_slice value = {"", 0};
    kv_slice metadata = {NULL, 0};
    bool is_base64 = false;
    kv_status status;

    *op = (kv_op){.kind = KV_PUT};
    if (kvi_json_kind_of(object) != KVI_JSON_OBJECT)
        return kvlist_fail(error, index, "not an object");
    members = kvlist_find(object, flags);
    status = kvlist_extras(&members, index, error, room, &is_base64, &metadata);
    if (status == KV_OK && members.key.data == NULL)
        status = kvlist_fail(error, index, "Key is missing");
    if (status == KV_OK)
        status = kvlist_string(members.key, "Key", false, index, error, room, &key);
    if (status == KV_OK && members.value.data == NULL)
        status = kvlist_fail(error, index, "Value is missing");
    if (status == KV_OK)
        status = kvlist_string(members.value, "Value", is_base64, index, error, room, &value);
    if (status == KV_OK)
        status = kvlist_integer(members.expiration, "Expiration", index, error, KV_OP_EXPIRES_AT,
                                &op->flags, &op->expires_at);
    if (status == KV_OK)
        status = kvlist_integer(members.ttl, "ExpirationTtl", index, error, KV_OP_TTL, &op->flags,
                                &op->ttl_s);
    op->key = key.data;
    op->key_size = key.size;
    op->value = value.data;
    op->value_size = value.size;
    op->metadata = metadata.data;
    op->metadata_size = metadata.size;
    return status;
}

static kv_status kvlist_delete(kv_slice element, size_t index, kvi_kvlist_error *error, char **room,
                               kv_op *op)
{
    kv_slice key = {"", 0};

    if (kvi_json_kind_of(element) != KVI_JSON_STRING)
        return kvlist_fail(error, index, "not a string");
    (void)kvlist_string(element, "Key", false, index, error, room, &key);
    *op = (kv_op){.kind = KV_DELETE, .key = key.data, .key_size = key.size};
    return KV_OK;
}

/* What both kinds of array have in common. */
static kv_status kvlist_add_array(kvi_kvlist *list, kv_slice text, uint32_t flags, bool is_delete,
                                  kvi_kvlist_error *error)
{
    kvi_json_fault fault;
    kvi_kvlist_block *block = NULL;
    kv_slice array, element, name;
    kv_status status = KV_OK;
    size_t count = 0;
    size_t at = 0;
    char *room = NULL;

    if (kvi_json_check(text, 0, &array, &fault) != KV_OK)
        return kvlist_fail_syntax(error, &fault);
    if (kvi_json_kind_of(array) != KVI_JSON_ARRAY)
        return kvlist_fail(error, NO_INDEX, "not an array");
    block = kvlist_block(array.size); /* What is decoded is no longer than its text. */
    if (block == NULL || kvlist_reserve(list, kvi_json_count(array)) != KV_OK) {
        free(block);
        return KV_NO_MEMORY;
    }
    room = block->bytes;
    while (status == KV_OK && kvi_json_next(array, &at, &name, &element)) {
        kv_op *op = &list->ops[list->count + count];
        status = is_delete ? kvlist_delete(element, count, error, &room, op)
                           : kvlist_put(element, count, flags, error, &room, op);
        count++;
    }
    if (status == KV_OK)
        kvlist_accept(list, count, block);
    else
        free(block);
    return status;
}

kv_status kvi_kvlist_add_array(kvi_kvlist *list, const void *text, size_t size, uint32_t flags,
                               kvi_kvlist_error *error)
{
    return kvlist_add_array(list, kvi_text(text, size), flags, false, error);
}

kv_status kvi_kvlist_add_keys(kvi_kvlist *list, const void *text, size_t size,
                              kvi_kvlist_error *error)
{
    return kvlist_add_array(list, kvi_text(text, size), 0, true, error);
}

kv_status kvi_kvlist_add_object(kvi_kvlist *list, const void *text, size_t size, uint32_t flags,
                                kvi_kvlist_error *error)
{
    kvi_json_fault fault;
    kvi_kvlist_block *block = NULL;
    kv_slice object;
    kv_status status = KV_OK;
    char *room = NULL;

    if (kvi_json_check(kvi_text(text, size), 0, &object, &fault) != KV_OK)
        return kvlist_fail_syntax(error, &fault);
    block = kvlist_block(object.size);
    if (block == NULL || kvlist_reserve(list, 1) != KV_OK) {
        free(block);
        return KV_NO_MEMORY;
    }
    room = block->bytes;
    status = kvlist_put(object, NO_INDEX, flags, error, &room, &list->ops[list->count]);
    if (status == KV_OK)
        kvlist_accept(list, 1, block);
    else
        free(block);
    return status;
}

/* Copy bytes to where the end is, which moves on; where they are then. */
static const char *kvlist_copy(char **end, const void *data, size_t size)
{
    char *copy = *end;

    if (size > 0)
        memcpy(copy, data, size);
    *end += size;
    return copy;
}

kv_status kvi_kvlist_add_put(kvi_kvlist *list, const kv_op *put)
{
    kvi_kvlist_block *block = NULL;
    kv_op *op = NULL;
    char *end = NULL;

    if (put->value_size < SIZE_MAX / 8 && put->key_size < SIZE_MAX / 8 &&
        put->metadata_size < SIZE_MAX / 8)
        block = kvlist_block(put->key_size + put->value_size + put->metadata_size);
    if (block == NULL || kvlist_reserve(list, 1) != KV_OK) {
        free(block);
        return KV_NO_MEMORY;
    }
    op = &list->ops[list->count];
    end = block->bytes;
    *op = *put;
    op->key = kvlist_copy(&end, put->key, put->key_size);
    op->value = kvlist_copy(&end, put->value, put->value_size);
    op->metadata = kvlist_copy(&end, put->metadata, put->metadata_size);
    kvlist_accept(list, 1, block);
    return KV_OK;
}

void kvi_kvlist_drop_last(kvi_kvlist *list)
{
    kvi_kvlist_block *block = list->blocks;
    const kv_op *op = &list->ops[list->count - 1];

    list->bytes -= op->key_size + op->value_size + op->metadata_size;
    list->count--;
    list->blocks = block->next;
    free(block);
}

void kvi_kvlist_clear(kvi_kvlist *list)
{
    while (list->blocks != NULL) {
        kvi_kvlist_block *block = list->blocks;

        list->blocks = block->next;
        free(block);
    }
    list->count = 0;
    list->bytes = 0;
}

void kvi_kvlist_free(kvi_kvlist *list)
{
    kvi_kvlist_clear(list);
    free(list->ops);
    *list = (kvi_kvlist){0};
}

/* ---- Writing */

void kvi_kvlist_write_bytes(kvi_json_writer *json, const char *name, const char *base64_name,
                            kv_slice bytes)
{
    if (kvi_utf8_is_valid(bytes)) {
        kvi_json_write_text(json, name, bytes);
        return;
    }
    kvi_json_write_base64(json, name, bytes);
    kvi_json_write_boolean(json, base64_name, true);
}

kv_status kvi_kvlist_write(kvi_json_writer *json, const kv_op *op)
{
    kv_slice key = kvi_text(op->key, op->key_size);
    kv_slice metadata = kvi_text(op->metadata, op->metadata_size);

    if (!kvi_utf8_is_valid(key))
        return KV_INVALID;
    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_text(json, "Key", key);
    kvi_kvlist_write_bytes(json, "Value", "Base64", kvi_text(op->value, op->value_size));
    if (metadata.size > 0)
        kvi_kvlist_write_bytes(json, "Metadata", "MetadataBase64", metadata);
    if ((op->flags & KV_OP_TTL) != 0)
        kvi_json_write_integer(json, "ExpirationTtl", op->ttl_s);
    else if ((op->flags & KV_OP_EXPIRES_AT) != 0)
        kvi_json_write_integer(json, "Expiration", op->expires_at);
    kvi_json_write_object_end(json);
    return json->has_failed ? KV_NO_MEMORY : KV_OK;
}
