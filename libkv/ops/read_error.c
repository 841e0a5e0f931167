#include "ops/read_error.h"

#include "base/status.h"
#include "tables/catalog.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KEY_TEXT_MAX 96 /* Characters of a key in a message. */
#define PLACE_TEXT_MAX (KEY_TEXT_MAX + 80)

static bool is_failure(kv_status status)
{
    return status == KV_CORRUPT || status == KV_UNSUPPORTED || status == KV_IO ||
           status == KV_NO_MEMORY;
}

kv_status kvi_read_error_note(kvi_read_error *error, kv_status status, unsigned table, kv_ns ns,
                              kv_slice key, kvi_fault fault)
{
    if (!is_failure(status))
        return status;
    error->status = status;
    error->table = table;
    error->ns = ns;
    error->fault = fault;
    error->key_size = key.size <= sizeof(error->key) ? key.size : 0;
    if (error->key_size > 0)
        memcpy(error->key, key.data, error->key_size);
    return status;
}

/* The key in quotes, whatever is not plain ASCII as \xHH; a long one is cut. */
static void key_text(const kvi_read_error *error, char out[PLACE_TEXT_MAX])
{
    char text[KEY_TEXT_MAX + 1];
    size_t used = 0, at;

    for (at = 0; at < error->key_size; at++) {
        uint8_t c = error->key[at];
        bool is_plain = c > ' ' && c < 0x7F && c != '"' && c != '\\';
        if (used + (is_plain ? 1 : 4) > KEY_TEXT_MAX)
            break;
        used += (size_t)snprintf(text + used, sizeof(text) - used, is_plain ? "%c" : "\\x%02X", c);
    }
    text[used] = '\0';
    if (at == error->key_size)
        (void)snprintf(out, PLACE_TEXT_MAX, ", key \"%s\"", text);
    else
        (void)snprintf(out, PLACE_TEXT_MAX, ", key \"%s\"... of %zu bytes", text, error->key_size);
}

kv_status kvi_read_error_tell(const kvi_read_error *error, kv_error *out)
{
    const kvi_fault_row *row = kvi_fault_find(error->fault.kind);
    bool has_fault = error->status == KV_CORRUPT || error->fault.kind == KVI_FAULT_DICTIONARY;
    char ns[32] = "", key[PLACE_TEXT_MAX] = "", number[40] = "";

    if (error->status == KV_OK)
        return KV_NOT_FOUND;
    if (error->ns != 0)
        (void)snprintf(ns, sizeof(ns), ", namespace %" PRIu32, error->ns);
    if (error->key_size > 0)
        key_text(error, key);
    if (has_fault && row->counted != NULL)
        (void)snprintf(number, sizeof(number), ": %s %" PRIu64, row->counted, error->fault.number);
    (void)kvi_error_set(out, error->status, 0, "%s%s%s%s: %s", kvi_catalog_names[error->table], ns,
                        key, number, has_fault ? row->text : kvi_status_find(error->status)->text);
    return KV_OK;
}
