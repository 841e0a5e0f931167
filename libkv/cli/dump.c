#include "cli/dump.h"

#include "cli/units.h"

#include "edge/base64.h"
#include "edge/json_check.h"
#include "edge/json_text.h"
#include "edge/kvlist.h"
#include "edge/text.h"

#include <stdio.h>

#define UNLIMITED "unlimited"
#define DIGITS_SIZE 24 /* Of any number, with its end. */

void cli_dump_write(kvi_json_writer *json, const kv_namespace_info *info)
{
    kv_slice description = kvi_text_of(info->description);
    char digits[DIGITS_SIZE];

    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_text(json, "Namespace", kvi_text_of(info->name));
    if (info->capacity == KV_CAPACITY_UNLIMITED) {
        kvi_json_write_text(json, "Capacity", kvi_text_of(UNLIMITED));
    } else if (info->capacity > INT64_MAX) { /* Few readers of JSON take such a number. */
        snprintf(digits, sizeof(digits), "%llu", (unsigned long long)info->capacity);
        kvi_json_write_text(json, "Capacity", kvi_text_of(digits));
    } else {
        kvi_json_write_number(json, "Capacity", info->capacity);
    }
    if (description.size > 0)
        kvi_kvlist_write_bytes(json, "Description", "DescriptionBase64", description);
    kvi_json_write_object_end(json);
}

/* The object of a line. */
static bool dump_object(const char *line, size_t size, kv_slice *object)
{
    kvi_json_fault fault;

    return kvi_json_check(kvi_text(line, size), 0, object, &fault) == KV_OK;
}

bool cli_dump_is_namespace(const char *line, size_t size)
{
    kv_slice object, name;

    return dump_object(line, size, &object) && kvi_json_member(object, "Namespace", &name);
}

static const char *dump_read_name(kv_slice object, char out[KV_NAMESPACE_NAME_MAX + 1])
{
    static const char wrong[] = "Namespace is no name: 1 to 64 letters, digits, '-' or '_'";
    kv_slice name;
    size_t size = 0;

    /* None of the characters of a name needs an escape, so a longer text is none. */
    if (!kvi_json_member(object, "Namespace", &name) || kvi_json_kind_of(name) != KVI_JSON_STRING ||
        name.size - 2 > KV_NAMESPACE_NAME_MAX)
        return wrong;
    size = kvi_json_string(name, out);
    out[size] = '\0';
    return size > 0 && strspn(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_") == size
               ? NULL
               : wrong;
}

static const char *dump_read_capacity(kv_slice object, uint64_t *out)
{
    static const char wrong[] = "Capacity is neither a number of bytes nor \"unlimited\"";
    kv_slice capacity;
    char digits[DIGITS_SIZE];
    size_t size = 0;

    if (!kvi_json_member(object, "Capacity", &capacity))
        return "Capacity is missing";
    *out = KV_CAPACITY_UNLIMITED;
    if (kvi_json_string_is(capacity, UNLIMITED))
        return NULL;
    if (capacity.size >= sizeof(digits))
        return wrong;
    if (kvi_json_kind_of(capacity) == KVI_JSON_STRING) {
        size = kvi_json_string(capacity, digits);
    } else {
        size = capacity.size;
        memcpy(digits, capacity.data, size);
    }
    digits[size] = '\0';
    return cli_number_parse(digits, out) && *out != 0 ? NULL : wrong;
}

static const char *dump_read_description(kv_slice object, char out[KV_DESCRIPTION_SIZE_MAX + 1])
{
    char text[6 * KV_DESCRIPTION_SIZE_MAX]; /* Every byte may be written as \u0000. */
    kv_slice description, is_base64;
    size_t size = 0;

    out[0] = '\0';
    if (!kvi_json_member(object, "Description", &description))
        return NULL;
    if (kvi_json_kind_of(description) != KVI_JSON_STRING)
        return "Description is not a string";
    if (description.size - 2 > sizeof(text))
        return "Description is too long";
    size = kvi_json_string(description, text);
    if (kvi_json_member(object, "DescriptionBase64", &is_base64) &&
        kvi_json_kind_of(is_base64) == KVI_JSON_TRUE &&
        kvi_base64_decode(text, size, text, &size) != KV_OK)
        return "Description is not base64";
    if (size > KV_DESCRIPTION_SIZE_MAX)
        return "Description is too long";
    memcpy(out, text, size);
    out[size] = '\0';
    return NULL;
}

const char *cli_dump_read(const char *line, size_t size, cli_dump_namespace *out)
{
    const char *wrong = NULL;
    kv_slice object;

    if (!dump_object(line, size, &object))
        return "not JSON";
    wrong = dump_read_name(object, out->name);
    if (wrong == NULL)
        wrong = dump_read_capacity(object, &out->capacity);
    return wrong == NULL ? dump_read_description(object, out->description) : wrong;
}
