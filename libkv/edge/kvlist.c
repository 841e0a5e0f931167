#include "edge/kvlist.h"

#include "edge/base64.h"

#include <jansson.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_INDEX SIZE_MAX

/* ---- Faults */

__attribute__((format(printf, 3, 4))) static kv_status
kvlist_fail(kvi_kvlist_error *error, size_t index, const char *format, ...)
{
    va_list arguments;
    int prefix = 0;

    if (error == NULL)
        return KV_INVALID;
    *error = (kvi_kvlist_error){.index = index};
    if (index != NO_INDEX)
        prefix = snprintf(error->message, sizeof(error->message), "element [%zu]: ", index);
    va_start(arguments, format);
    vsnprintf(error->message + prefix, sizeof(error->message) - (size_t)prefix, format, arguments);
    va_end(arguments);
    return KV_INVALID;
}

static kv_status kvlist_fail_syntax(kvi_kvlist_error *error, const json_error_t *fault)
{
    if (fault->text[0] == '\0') /* Only its allocations fail without a word. */
        return KV_NO_MEMORY;
    kvlist_fail(error, NO_INDEX, "line %d, column %d: %s", fault->line, fault->column, fault->text);
    if (error != NULL && fault->line > 0) {
        error->line = (size_t)fault->line;
        error->column = fault->column > 0 ? (size_t)fault->column : 0;
    }
    return KV_INVALID;
}

/* ---- Base64 */

/* Owned by the caller; NULL: no memory. */
static json_t *kvlist_base64_string(const void *data, size_t size)
{
    json_t *string = NULL;
    char *text = size > SIZE_MAX / 2 ? NULL : malloc(kvi_base64_size(size) + 1);

    if (text == NULL)
        return NULL;
    kvi_base64_encode(data, size, text);
    string = json_stringn_nocheck(text, kvi_base64_size(size));
    free(text);
    return string;
}

/* Put the decoded bytes in the place of the text. */
static kv_status kvlist_base64_replace(json_t *string, const char *name, size_t index,
                                       kvi_kvlist_error *error)
{
    size_t size = json_string_length(string);
    size_t decoded_size = 0;
    kv_status status = KV_OK;
    unsigned char *decoded = malloc(size / 4 * 3 + 1);

    if (decoded == NULL)
        return KV_NO_MEMORY;
    if (kvi_base64_decode(json_string_value(string), size, decoded, &decoded_size) != KV_OK)
        status = kvlist_fail(error, index, "%s is not base64", name);
    else if (json_string_setn_nocheck(string, (const char *)decoded, decoded_size) != 0)
        status = KV_NO_MEMORY;
    free(decoded);
    return status;
}

/* ---- Reading */

static kv_status kvlist_reserve(kvi_kvlist *list, size_t more)
{
    size_t capacity = list->capacity == 0 ? 64 : list->capacity;
    kv_op *ops = NULL;

    if (more > SIZE_MAX / 4 / sizeof(kv_op) - list->count)
        return KV_NO_MEMORY;
    if (list->documents == NULL && (list->documents = json_array()) == NULL)
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

/* A string member, base64 or not. *string_out is NULL if it is not there. */
static kv_status kvlist_string(const json_t *object, const char *name, int base64, size_t index,
                               kvi_kvlist_error *error, json_t **string_out)
{
    *string_out = json_object_get(object, name);
    if (*string_out == NULL)
        return KV_OK;
    if (!json_is_string(*string_out))
        return kvlist_fail(error, index, "%s is not a string", name);
    return base64 ? kvlist_base64_replace(*string_out, name, index, error) : KV_OK;
}

static kv_status kvlist_integer(const json_t *object, const char *name, size_t index,
                                kvi_kvlist_error *error, uint32_t flag, uint32_t *flags,
                                int64_t *out)
{
    json_t *member = json_object_get(object, name);

    if (member == NULL)
        return KV_OK;
    if (!json_is_integer(member))
        return kvlist_fail(error, index, "%s is not an integer", name);
    *flags |= flag;
    *out = json_integer_value(member);
    return KV_OK;
}

static kv_status kvlist_flag(const json_t *object, const char *name, size_t index,
                             kvi_kvlist_error *error, int *out)
{
    json_t *member = json_object_get(object, name);

    if (member != NULL && !json_is_boolean(member))
        return kvlist_fail(error, index, "%s is neither true nor false", name);
    *out = json_is_true(member);
    return KV_OK;
}

static kv_status kvlist_extras(const json_t *object, size_t index, kvi_kvlist_error *error,
                               int *value_base64, kv_op *op)
{
    int metadata_base64 = 0;
    json_t *metadata = NULL;
    kv_status status = kvlist_flag(object, "Base64", index, error, value_base64);

    if (status == KV_OK)
        status = kvlist_flag(object, "MetadataBase64", index, error, &metadata_base64);
    if (status == KV_OK)
        status = kvlist_string(object, "Metadata", metadata_base64, index, error, &metadata);
    if (status == KV_OK && metadata != NULL) {
        op->metadata = json_string_value(metadata);
        op->metadata_size = json_string_length(metadata);
    }
    return status;
}

/* One object to one put. Slices are borrowed from the object. */
static kv_status kvlist_put(const json_t *object, size_t index, uint32_t flags,
                            kvi_kvlist_error *error, kv_op *op)
{
    json_t *key = NULL;
    json_t *value = NULL;
    int base64 = 0;
    kv_status status = KV_OK;

    *op = (kv_op){.kind = KV_PUT};
    if (!json_is_object(object))
        return kvlist_fail(error, index, "not an object");
    if ((flags & KVI_KVLIST_EXTRAS) != 0)
        status = kvlist_extras(object, index, error, &base64, op);
    if (status == KV_OK)
        status = kvlist_string(object, "Key", 0, index, error, &key);
    if (status == KV_OK && key == NULL)
        status = kvlist_fail(error, index, "Key is missing");
    if (status == KV_OK)
        status = kvlist_string(object, "Value", base64, index, error, &value);
    if (status == KV_OK && value == NULL)
        status = kvlist_fail(error, index, "Value is missing");
    if (status == KV_OK)
        status = kvlist_integer(object, "Expiration", index, error, KV_OP_EXPIRES_AT, &op->flags,
                                &op->expires_at);
    if (status == KV_OK)
        status = kvlist_integer(object, "ExpirationTtl", index, error, KV_OP_TTL, &op->flags,
                                &op->ttl_s);
    if (status != KV_OK)
        return status;
    op->key = json_string_value(key);
    op->key_size = json_string_length(key);
    op->value = json_string_value(value);
    op->value_size = json_string_length(value);
    return KV_OK;
}

static kv_status kvlist_delete(const json_t *key, size_t index, kvi_kvlist_error *error, kv_op *op)
{
    if (!json_is_string(key))
        return kvlist_fail(error, index, "not a string");
    *op = (kv_op){
        .kind = KV_DELETE, .key = json_string_value(key), .key_size = json_string_length(key)};
    return KV_OK;
}

/* The operations behind the last one become the list's, and so does the document. */
static kv_status kvlist_accept(kvi_kvlist *list, size_t count, json_t *document)
{
    if (json_array_append(list->documents, document) != 0)
        return KV_NO_MEMORY;
    for (size_t i = list->count; i < list->count + count; i++)
        list->bytes += list->ops[i].key_size + list->ops[i].value_size + list->ops[i].metadata_size;
    list->count += count;
    return KV_OK;
}

static json_t *kvlist_load(const void *text, size_t size, json_error_t *fault)
{
    /* jansson refuses lone surrogates and invalid UTF-8 by itself. */
    return json_loadb(size == 0 ? "" : text, size, JSON_ALLOW_NUL, fault);
}

static kv_status kvlist_add_array(kvi_kvlist *list, const void *text, size_t size, uint32_t flags,
                                  int deletes, kvi_kvlist_error *error)
{
    json_error_t fault;
    json_t *document = kvlist_load(text, size, &fault);
    size_t count = json_array_size(document); /* 0 for what is no array. */
    kv_status status = KV_OK;

    if (document == NULL)
        return kvlist_fail_syntax(error, &fault);
    if (!json_is_array(document))
        status = kvlist_fail(error, NO_INDEX, "not an array");
    if (status == KV_OK)
        status = kvlist_reserve(list, count);
    for (size_t i = 0; i < count && status == KV_OK; i++) {
        const json_t *element = json_array_get(document, i);
        kv_op *op = &list->ops[list->count + i];
        status = deletes ? kvlist_delete(element, i, error, op)
                         : kvlist_put(element, i, flags, error, op);
    }
    if (status == KV_OK)
        status = kvlist_accept(list, count, document);
    json_decref(document);
    return status;
}

kv_status kvi_kvlist_add_array(kvi_kvlist *list, const void *text, size_t size, uint32_t flags,
                               kvi_kvlist_error *error)
{
    return kvlist_add_array(list, text, size, flags, 0, error);
}

kv_status kvi_kvlist_add_keys(kvi_kvlist *list, const void *text, size_t size,
                              kvi_kvlist_error *error)
{
    return kvlist_add_array(list, text, size, 0, 1, error);
}

kv_status kvi_kvlist_add_object(kvi_kvlist *list, const void *text, size_t size, uint32_t flags,
                                kvi_kvlist_error *error)
{
    json_error_t fault;
    json_t *document = kvlist_load(text, size, &fault);
    kv_status status = KV_OK;

    if (document == NULL)
        return kvlist_fail_syntax(error, &fault);
    status = kvlist_reserve(list, 1);
    if (status == KV_OK)
        status = kvlist_put(document, NO_INDEX, flags, error, &list->ops[list->count]);
    if (status == KV_OK)
        status = kvlist_accept(list, 1, document);
    json_decref(document);
    return status;
}

kv_status kvi_kvlist_add_pair(kvi_kvlist *list, const void *key, size_t key_size, const void *value,
                              size_t value_size)
{
    json_t *key_copy = json_stringn_nocheck(key_size == 0 ? "" : key, key_size);
    json_t *value_copy = json_stringn_nocheck(value_size == 0 ? "" : value, value_size);
    json_t *pair = json_array();
    kv_status status = KV_NO_MEMORY;

    if (key_copy != NULL && value_copy != NULL && json_array_append(pair, key_copy) == 0 &&
        json_array_append(pair, value_copy) == 0)
        status = kvlist_reserve(list, 1);
    if (status == KV_OK) {
        list->ops[list->count] = (kv_op){.key = json_string_value(key_copy),
                                         .key_size = key_size,
                                         .value = json_string_value(value_copy),
                                         .value_size = value_size};
        status = kvlist_accept(list, 1, pair);
    }
    json_decref(key_copy);
    json_decref(value_copy);
    json_decref(pair);
    return status;
}

void kvi_kvlist_clear(kvi_kvlist *list)
{
    json_array_clear(list->documents);
    list->count = 0;
    list->bytes = 0;
}

void kvi_kvlist_free(kvi_kvlist *list)
{
    json_decref(list->documents);
    free(list->ops);
    *list = (kvi_kvlist){0};
}

/* ---- Writing */

/* Bytes as a JSON string; base64_out tells that they had to be base64. NULL is left in *out for
 * what cannot be written. */
static kv_status kvlist_encode(const void *data, size_t size, uint32_t flags, int *base64_out,
                               json_t **out)
{
    const char *bytes = size == 0 ? "" : data;
    json_t *unchecked = NULL;

    *base64_out = 0;
    *out = json_stringn(bytes, size);
    if (*out != NULL)
        return KV_OK;
    if ((flags & KVI_KVLIST_BASE64) != 0) {
        *base64_out = 1;
        *out = kvlist_base64_string(data, size);
        return *out == NULL ? KV_NO_MEMORY : KV_OK;
    }
    /* jansson has one answer for "not UTF-8" and "no memory": tell them apart. */
    unchecked = json_stringn_nocheck(bytes, size);
    json_decref(unchecked);
    return unchecked == NULL ? KV_NO_MEMORY : KV_INVALID;
}

static kv_status kvlist_set_bytes(json_t *object, const char *name, const char *base64_name,
                                  const void *data, size_t size, uint32_t flags)
{
    int base64 = 0;
    json_t *text = NULL;
    kv_status status = kvlist_encode(data, size, flags, &base64, &text);

    if (status != KV_OK)
        return status;
    if (json_object_set_new(object, name, text) != 0)
        return KV_NO_MEMORY;
    if (base64 && json_object_set_new(object, base64_name, json_true()) != 0)
        return KV_NO_MEMORY;
    return KV_OK;
}

static kv_status kvlist_object(const kv_op *op, uint32_t flags, json_t *object)
{
    kv_status status = kvlist_set_bytes(object, "Key", NULL, op->key, op->key_size, 0);
    const char *deadline = NULL;
    int64_t seconds = 0;

    if (status == KV_OK)
        status = kvlist_set_bytes(object, "Value", "Base64", op->value, op->value_size, flags);
    if (status == KV_OK && op->metadata_size > 0)
        status = kvlist_set_bytes(object, "Metadata", "MetadataBase64", op->metadata,
                                  op->metadata_size, flags);
    if ((op->flags & KV_OP_TTL) != 0) {
        deadline = "ExpirationTtl";
        seconds = op->ttl_s;
    } else if ((op->flags & KV_OP_EXPIRES_AT) != 0) {
        deadline = "Expiration";
        seconds = op->expires_at;
    }
    if (status == KV_OK && deadline != NULL &&
        json_object_set_new(object, deadline, json_integer(seconds)) != 0)
        status = KV_NO_MEMORY;
    return status;
}

kv_status kvi_kvlist_write(const kv_op *op, uint32_t flags, char **text_out, size_t *size_out)
{
    json_t *object = json_object();
    kv_status status = KV_NO_MEMORY;

    *text_out = NULL;
    *size_out = 0;
    if (object != NULL)
        status = kvlist_object(op, flags, object);
    if (status == KV_OK) {
        *text_out = json_dumps(object, JSON_COMPACT);
        status = *text_out == NULL ? KV_NO_MEMORY : KV_OK;
    }
    if (status == KV_OK)
        *size_out = strlen(*text_out);
    json_decref(object);
    return status;
}
