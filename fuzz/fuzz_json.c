/*
 * kvi_json_check, kvi_json_next, kvi_json_string, kvi_json_integer, kvi_json_write_text.
 *
 * What is accepted is what jansson accepts, but for depth, for reals that no double holds and for
 * zero bytes in names; and everything in it reads as jansson reads it. A string that is written is
 * read as it was. The last byte chooses whether a member may come twice.
 */
#include "input.h"

#include "edge/json_check.h"
#include "edge/json_text.h"
#include "edge/json_write.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

/* Exactly as long as its bytes, so that a byte too many is seen. */
static char *decode(kv_slice string, size_t *size)
{
    char *text = malloc(string.size);

    require(text != NULL);
    *size = kvi_json_string(string, text);
    require(*size + 2 <= string.size);
    return text;
}

static void compare_string(kv_slice value, const json_t *want)
{
    kvi_json_writer json = {0};
    size_t size = 0;
    char *text = decode(value, &size);
    size_t again_size = 0;
    char *again = NULL;

    require(size == json_string_length(want) && memcmp(text, json_string_value(want), size) == 0);
    kvi_json_write_text(&json, NULL, (kv_slice){text, size});
    require(!json.has_failed);
    again = decode((kv_slice){json.text, json.size}, &again_size);
    require(again_size == size && memcmp(again, text, size) == 0);
    require(kvi_json_strings_equal(value, (kv_slice){json.text, json.size}));
    free(again);
    free(text);
    kvi_json_write_free(&json);
}

static void compare(kv_slice value, const json_t *want);

static void compare_array(kv_slice value, const json_t *want)
{
    kv_slice name, element;
    size_t at = 0;

    require(kvi_json_count(value) == json_array_size(want));
    for (size_t i = 0; i < json_array_size(want); i++) {
        require(kvi_json_next(value, &at, &name, &element));
        compare(element, json_array_get(want, i));
    }
}

/* Each member that jansson has is here; of two with one name the last. */
static void compare_object(kv_slice value, json_t *want)
{
    const char *name;
    json_t *member;

    require(kvi_json_count(value) >= json_object_size(want));
    json_object_foreach(want, name, member)
    {
        kv_slice found;
        require(kvi_json_member(value, name, &found));
        compare(found, member);
    }
}

static void compare(kv_slice value, const json_t *want)
{
    int64_t number = 0;

    switch (kvi_json_kind_of(value)) {
    case KVI_JSON_OBJECT:
        require(json_is_object(want));
        compare_object(value, (json_t *)(uintptr_t)want);
        break;
    case KVI_JSON_ARRAY:
        require(json_is_array(want));
        compare_array(value, want);
        break;
    case KVI_JSON_STRING:
        require(json_is_string(want));
        compare_string(value, want);
        break;
    case KVI_JSON_INTEGER:
        require(json_is_integer(want) && kvi_json_integer(value, &number) &&
                number == json_integer_value(want));
        break;
    case KVI_JSON_REAL:
        require(json_is_real(want) && !kvi_json_integer(value, &number));
        break;
    case KVI_JSON_TRUE:
        require(json_is_true(want));
        break;
    case KVI_JSON_FALSE:
        require(json_is_false(want));
        break;
    case KVI_JSON_NULL:
        require(json_is_null(want));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool is_unique = (cut_choice(data, &size) & 1) != 0;
    json_error_t error;
    json_t *want = json_loadb(size == 0 ? "" : (const char *)data, size,
                              JSON_ALLOW_NUL | (is_unique ? JSON_REJECT_DUPLICATES : 0), &error);
    kvi_json_fault fault = {0};
    kv_slice root = {NULL, 0};
    kv_status status =
        kvi_json_check((kv_slice){data, size}, is_unique ? KVI_JSON_UNIQUE : 0, &root, &fault);

    if (status == KV_OK && want == NULL)
        require(json_error_code(&error) == json_error_numeric_overflow ||
                json_error_code(&error) == json_error_null_byte_in_key);
    if (status != KV_OK) {
        require(fault.line >= 1 && fault.what != NULL);
        /* jansson skips a zero byte behind a real. */
        require(want == NULL || strcmp(fault.what, "too deep") == 0 ||
                memchr(data, '\0', size) != NULL);
    }
    if (status == KV_OK && want != NULL)
        compare(root, want);
    json_decref(want);
    return 0;
}
