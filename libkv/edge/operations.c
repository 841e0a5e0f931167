#include "edge/operations.h"

#include "edge/handlers.h"
#include "edge/text.h"

static const struct dialect_row {
    const char *product, *version;
} dialect_rows[] = {
    [KVI_DCDN] = {"dcdn", "2018-01-15"},
    [KVI_ESA] = {"esa", "2024-09-10"},
    [KVI_OWN] = {"kv", "2026-11-24"},
    [KVI_OPEN] = {"openplatform", "2019-12-19"},
};

/* ---- Parameters */

enum {
    NOTHING = 0,
    NAMESPACE = 1u << KVI_ARG_NAMESPACE,
    DESCRIPTION = 1u << KVI_ARG_DESCRIPTION,
    KEY = 1u << KVI_ARG_KEY,
    VALUE = 1u << KVI_ARG_VALUE,
    DEADLINE = 1u << KVI_ARG_EXPIRATION | 1u << KVI_ARG_EXPIRATION_TTL,
    BASE64 = 1u << KVI_ARG_BASE64,
    KV_LIST = 1u << KVI_ARG_KV_LIST,
    KEYS = 1u << KVI_ARG_KEYS,
    PAGE = 1u << KVI_ARG_PAGE_NUMBER | 1u << KVI_ARG_PAGE_SIZE | 1u << KVI_ARG_PREFIX,
    URL = 1u << KVI_ARG_URL,
    POSITION = 1u << KVI_ARG_AFTER | 1u << KVI_ARG_EPOCH | 1u << KVI_ARG_LIMIT
};

/* Behind the access level: what the operation needs, and what it takes besides. */
#define ROW(dialect, name, access, needs, also, handler)                                           \
    {                                                                                              \
        name, KVI_##dialect, KVI_ACCESS_##access, handler, (needs) | (also), needs                 \
    }

/* ---- Operations, as docs/edge-api.md has them */

static const kvi_operation operations[] = {
    ROW(DCDN, "PutDcdnKvNamespace", WRITE, NAMESPACE, DESCRIPTION, kvi_handle_namespace_put),
    ROW(DCDN, "DeleteDcdnKvNamespace", WRITE, NAMESPACE, NOTHING, kvi_handle_namespace_delete),
    ROW(DCDN, "DescribeDcdnKvNamespace", READ, NAMESPACE, NOTHING, kvi_handle_namespace_describe),
    ROW(DCDN, "DescribeDcdnKvAccount", READ, NOTHING, NOTHING, kvi_handle_account_describe),
    ROW(DCDN, "DescribeDcdnKvAccountStatus", READ, NOTHING, NOTHING, kvi_handle_account_status),
    ROW(DCDN, "PutDcdnKv", WRITE, NAMESPACE | KEY | VALUE, DEADLINE, kvi_handle_key_put),
    ROW(DCDN, "GetDcdnKv", READ, NAMESPACE | KEY, NOTHING, kvi_handle_key_get),
    ROW(DCDN, "GetDcdnKvDetail", READ, NAMESPACE | KEY, NOTHING, kvi_handle_key_detail),
    ROW(DCDN, "GetDcdnKvStatus", READ, NAMESPACE | KEY, NOTHING, kvi_handle_key_status),
    ROW(DCDN, "DeleteDcdnKv", WRITE, NAMESPACE | KEY, NOTHING, kvi_handle_key_delete),
    ROW(DCDN, "BatchPutDcdnKv", WRITE, NAMESPACE | KV_LIST, NOTHING, kvi_handle_batch_put),
    ROW(DCDN, "BatchDeleteDcdnKv", WRITE, NAMESPACE | KEYS, NOTHING, kvi_handle_batch_delete),
    ROW(DCDN, "ListDcdnKv", LIST, NAMESPACE, PAGE, kvi_handle_list),
    ROW(DCDN, "PutDcdnKvWithHighCapacity", WRITE, NAMESPACE | KEY | URL, NOTHING,
        kvi_handle_upload_put),
    ROW(DCDN, "BatchPutDcdnKvWithHighCapacity", WRITE, NAMESPACE | URL, NOTHING,
        kvi_handle_upload_batch_put),
    ROW(DCDN, "BatchDeleteDcdnKvWithHighCapacity", WRITE, NAMESPACE | URL, NOTHING,
        kvi_handle_upload_batch_delete),

    ROW(ESA, "CreateKvNamespace", WRITE, NAMESPACE, DESCRIPTION, kvi_handle_namespace_put),
    ROW(ESA, "DeleteKvNamespace", WRITE, NAMESPACE, NOTHING, kvi_handle_namespace_delete),
    ROW(ESA, "GetKvNamespace", READ, NAMESPACE, NOTHING, kvi_handle_namespace_describe),
    ROW(ESA, "GetKvAccount", READ, NOTHING, NOTHING, kvi_handle_account_describe),
    ROW(ESA, "DescribeKvAccountStatus", READ, NOTHING, NOTHING, kvi_handle_account_status),
    ROW(ESA, "PutKv", WRITE, NAMESPACE | KEY | VALUE, DEADLINE | BASE64, kvi_handle_key_put),
    ROW(ESA, "GetKv", READ, NAMESPACE | KEY, BASE64, kvi_handle_key_get),
    ROW(ESA, "GetKvDetail", READ, NAMESPACE | KEY, NOTHING, kvi_handle_key_detail),
    ROW(ESA, "DeleteKv", WRITE, NAMESPACE | KEY, NOTHING, kvi_handle_key_delete),
    ROW(ESA, "BatchPutKv", WRITE, NAMESPACE | KV_LIST, NOTHING, kvi_handle_batch_put),
    ROW(ESA, "BatchDeleteKv", WRITE, NAMESPACE | KEYS, NOTHING, kvi_handle_batch_delete),
    ROW(ESA, "ListKvs", LIST, NAMESPACE, PAGE, kvi_handle_list),
    ROW(ESA, "PutKvWithHighCapacity", WRITE, NAMESPACE | KEY | URL, NOTHING, kvi_handle_upload_put),
    ROW(ESA, "BatchPutKvWithHighCapacity", WRITE, NAMESPACE | URL, NOTHING,
        kvi_handle_upload_batch_put),
    ROW(ESA, "BatchDeleteKvWithHighCapacity", WRITE, NAMESPACE | URL, NOTHING,
        kvi_handle_upload_batch_delete),

    ROW(OPEN, "AuthorizeFileUpload", WRITE, NOTHING, NOTHING, kvi_handle_upload_authorize),

    ROW(OWN, "DescribeKvKey", READ, NAMESPACE | KEY, NOTHING, kvi_handle_key_describe),
    ROW(OWN, "ListKvChanges", LIST, NOTHING, POSITION, kvi_handle_changes),
    ROW(OWN, "DescribeKvStore", READ, NOTHING, NOTHING, kvi_handle_store_describe),
};

const kvi_operation *kvi_operation_at(size_t index)
{
    return index < sizeof(operations) / sizeof(operations[0]) ? &operations[index] : NULL;
}

const kvi_operation *kvi_operation_find(kv_slice version, kv_slice name, bool *is_version_known_out)
{
    const kvi_operation *operation = NULL;

    *is_version_known_out = false;
    for (size_t i = 0; i < sizeof(dialect_rows) / sizeof(dialect_rows[0]); i++)
        *is_version_known_out |= kvi_text_is(version, dialect_rows[i].version);
    for (size_t i = 0; (operation = kvi_operation_at(i)) != NULL; i++) {
        if (kvi_text_is(version, dialect_rows[operation->dialect].version) &&
            kvi_text_is(name, operation->name))
            return operation;
    }
    return NULL;
}

const char *kvi_dialect_product(kvi_dialect dialect)
{
    return dialect_rows[dialect].product;
}
