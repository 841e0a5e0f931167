/* KvList: what is read, what is refused and with which words, and that writing is its reverse. */
#include "edge/kvlist.h"

#include "support/memory.h"
#include "support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kv_status pair_add(kvi_kvlist *list, const char *key, const char *value)
{
    kv_op put = {.key = key, .key_size = strlen(key), .value = value, .value_size = strlen(value)};

    return kvi_kvlist_add_put(list, &put);
}

/* ---- Documents that are refused */

static const struct refused {
    const char *name;
    const char *text;
    const char *message; /* A part of it. */
    size_t line, column, index;
} refused[] = {
    {"kvlist: refused, empty text", "", "line 1, column 0", 1, 0, SIZE_MAX},
    {"kvlist: refused, not JSON", "[\n {\"Key\":\"a\",]", "line 2, column", 2, 13, SIZE_MAX},
    {"kvlist: refused, text behind it", "[] []", "end of text expected", 1, 4, SIZE_MAX},
    {"kvlist: refused, an object", "{\"Key\":\"a\",\"Value\":\"b\"}", "not an array", 0, 0,
     SIZE_MAX},
    {"kvlist: refused, a bare string", "\"a\"", "'[' or '{' expected", 1, 1, SIZE_MAX},
    {"kvlist: refused, element no object", "[{\"Key\":\"a\",\"Value\":\"b\"},7]",
     "element [1]: not an object", 0, 0, 1},
    {"kvlist: refused, empty object", "[{}]", "element [0]: Key is missing", 0, 0, 0},
    {"kvlist: refused, no Key", "[{\"Value\":\"b\"}]", "element [0]: Key is missing", 0, 0, 0},
    {"kvlist: refused, Key a number", "[{\"Key\":1,\"Value\":\"b\"}]", "Key is not a string", 0, 0,
     0},
    {"kvlist: refused, no Value", "[{\"Key\":\"a\"}]", "Value is missing", 0, 0, 0},
    {"kvlist: refused, Value null", "[{\"Key\":\"a\",\"Value\":null}]", "Value is not a string", 0,
     0, 0},
    {"kvlist: refused, Value a number", "[{\"Key\":\"a\",\"Value\":1}]", "Value is not a string", 0,
     0, 0},
    {"kvlist: refused, Value an object", "[{\"Key\":\"a\",\"Value\":{}}]", "Value is not a string",
     0, 0, 0},
    {"kvlist: refused, Expiration 1.5", "[{\"Key\":\"a\",\"Value\":\"b\",\"Expiration\":1.5}]",
     "Expiration is not an integer", 0, 0, 0},
    {"kvlist: refused, Expiration a string",
     "[{\"Key\":\"a\",\"Value\":\"b\",\"Expiration\":\"60\"}]", "Expiration is not an integer", 0,
     0, 0},
    {"kvlist: refused, ExpirationTtl null",
     "[{\"Key\":\"a\",\"Value\":\"b\",\"ExpirationTtl\":null}]", "ExpirationTtl is not an integer",
     0, 0, 0},
    {"kvlist: refused, integer of 65 bits",
     "[{\"Key\":\"a\",\"Value\":\"b\",\"Expiration\":9223372036854775808}]", "too large", 1, 0,
     SIZE_MAX},
    {"kvlist: refused, lone surrogate", "[{\"Key\":\"a\",\"Value\":\"\\ud800\"}]", "lone surrogate",
     1, 27, SIZE_MAX},
    {"kvlist: refused, not UTF-8", "[{\"Key\":\"a\",\"Value\":\"\xff\"}]", "not UTF-8 text", 1, 22,
     SIZE_MAX},
    {"kvlist: refused, Base64 a number", "[{\"Key\":\"a\",\"Value\":\"\",\"Base64\":1}]",
     "Base64 is neither true nor false", 0, 0, 0},
    {"kvlist: refused, MetadataBase64 a string",
     "[{\"Key\":\"a\",\"Value\":\"\",\"MetadataBase64\":\"\"}]", "MetadataBase64 is neither", 0, 0,
     0},
    {"kvlist: refused, Metadata a number", "[{\"Key\":\"a\",\"Value\":\"\",\"Metadata\":1}]",
     "Metadata is not a string", 0, 0, 0},
    {"kvlist: refused, base64 of 3", "[{\"Key\":\"a\",\"Value\":\"abc\",\"Base64\":true}]",
     "Value is not base64", 0, 0, 0},
    {"kvlist: refused, base64 with a space", "[{\"Key\":\"a\",\"Value\":\"ab c\",\"Base64\":true}]",
     "Value is not base64", 0, 0, 0},
    {"kvlist: refused, base64, padding inside",
     "[{\"Key\":\"a\",\"Value\":\"YQ==YQ==\",\"Base64\":true}]", "Value is not base64", 0, 0, 0},
    {"kvlist: refused, base64, three pads", "[{\"Key\":\"a\",\"Value\":\"Y===\",\"Base64\":true}]",
     "Value is not base64", 0, 0, 0},
    {"kvlist: refused, base64, stray bits", "[{\"Key\":\"a\",\"Value\":\"YR==\",\"Base64\":true}]",
     "Value is not base64", 0, 0, 0},
    {"kvlist: refused, base64 of metadata",
     "[{\"Key\":\"a\",\"Value\":\"\",\"Metadata\":\"?\",\"MetadataBase64\":true}]",
     "Metadata is not base64", 0, 0, 0},
};

static void test_refused(void **state)
{
    const struct refused *row = *state;
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};

    assert_int_equal(pair_add(&list, "before", ""), KV_OK);
    assert_int_equal(
        kvi_kvlist_add_array(&list, row->text, strlen(row->text), KVI_KVLIST_EXTRAS, &error),
        KV_INVALID);
    if (strstr(error.message, row->message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, row->message);
    assert_int_equal(error.line, row->line);
    if (row->column != 0)
        assert_int_equal(error.column, row->column);
    assert_int_equal(error.index, row->index);
    /* The list is as it was. */
    assert_int_equal(list.count, 1);
    assert_int_equal(list.bytes, 6);
    assert_int_equal(
        kvi_kvlist_add_array(&list, row->text, strlen(row->text), KVI_KVLIST_EXTRAS, NULL),
        KV_INVALID);
    kvi_kvlist_free(&list);
}

/* ---- Objects that are read: to what, and back */

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct accepted {
    const char *name;
    const char *text;
    uint64_t read_flags;
    const char *key;
    size_t key_size;
    const char *value;
    size_t value_size;
    const char *metadata;
    size_t metadata_size;
    uint64_t flags;
    int64_t expires_at, ttl_s;
    const char *written; /* As kvi_kvlist_write() has it. */
} accepted[] = {
    {"kvlist: read, key and value", "{\"Key\":\"a\",\"Value\":\"b\"}", 0, BYTES("a"), BYTES("b"),
     BYTES(""), 0, 0, 0, "{\"Key\":\"a\",\"Value\":\"b\"}"},
    {"kvlist: read, the service's sample",
     "{\"Key\":\"a\",\"Value\":\"v a+b&c=d%\xc3\xa9\\\"\\\\\\n\"}", 0, BYTES("a"),
     BYTES("v a+b&c=d%\xc3\xa9\"\\\n"), BYTES(""), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"v a+b&c=d%\xc3\xa9\\\"\\\\\\n\"}"},
    {"kvlist: read, alphabetical, empty value",
     "{\"ExpirationTtl\":3600,\"Key\":\"b\",\"Value\":\"\"}", 0, BYTES("b"), BYTES(""), BYTES(""),
     KV_OP_TTL, 0, 3600, "{\"Key\":\"b\",\"Value\":\"\",\"ExpirationTtl\":3600}"},
    {"kvlist: read, Expiration", "{\"Expiration\":1999999999,\"Key\":\"c\",\"Value\":\"x\"}", 0,
     BYTES("c"), BYTES("x"), BYTES(""), KV_OP_EXPIRES_AT, 1999999999, 0,
     "{\"Key\":\"c\",\"Value\":\"x\",\"Expiration\":1999999999}"},
    {"kvlist: read, both times",
     "{\"Key\":\"c\",\"Value\":\"x\",\"Expiration\":-1,\"ExpirationTtl\":5}", 0, BYTES("c"),
     BYTES("x"), BYTES(""), KV_OP_EXPIRES_AT | KV_OP_TTL, -1, 5,
     "{\"Key\":\"c\",\"Value\":\"x\",\"ExpirationTtl\":5}"},
    {"kvlist: read, faults of the key are left",
     "{\"Key\":\" \",\"Value\":\"\",\"ExpirationTtl\":-5}", 0, BYTES(" "), BYTES(""), BYTES(""),
     KV_OP_TTL, 0, -5, "{\"Key\":\" \",\"Value\":\"\",\"ExpirationTtl\":-5}"},
    {"kvlist: read, zero bytes", "{\"Key\":\"a\\u0000b\",\"Value\":\"\\u0000\"}", 0, BYTES("a\0b"),
     BYTES("\0"), BYTES(""), 0, 0, 0, "{\"Key\":\"a\\u0000b\",\"Value\":\"\\u0000\"}"},
    {"kvlist: read, a surrogate pair", "{\"Key\":\"a\",\"Value\":\"\\ud83d\\ude00\"}", 0,
     BYTES("a"), BYTES("\xf0\x9f\x98\x80"), BYTES(""), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"\xf0\x9f\x98\x80\"}"},
    {"kvlist: read, the last of two", "{\"Key\":\"a\",\"Value\":\"1\",\"Value\":\"2\"}", 0,
     BYTES("a"), BYTES("2"), BYTES(""), 0, 0, 0, "{\"Key\":\"a\",\"Value\":\"2\"}"},
    {"kvlist: read, unknown members", "{\"Key\":\"a\",\"Colour\":[1],\"Value\":\"1\"}", 0,
     BYTES("a"), BYTES("1"), BYTES(""), 0, 0, 0, "{\"Key\":\"a\",\"Value\":\"1\"}"},
    {"kvlist: read, the API has no extras",
     "{\"Key\":\"a\",\"Value\":\"YQ==\",\"Base64\":true,\"Metadata\":7}", 0, BYTES("a"),
     BYTES("YQ=="), BYTES(""), 0, 0, 0, "{\"Key\":\"a\",\"Value\":\"YQ==\"}"},
    {"kvlist: read, metadata", "{\"Key\":\"a\",\"Value\":\"\",\"Metadata\":\"text/html\"}",
     KVI_KVLIST_EXTRAS, BYTES("a"), BYTES(""), BYTES("text/html"), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"\",\"Metadata\":\"text/html\"}"},
    {"kvlist: read, Base64 false", "{\"Key\":\"a\",\"Value\":\"YQ==\",\"Base64\":false}",
     KVI_KVLIST_EXTRAS, BYTES("a"), BYTES("YQ=="), BYTES(""), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"YQ==\"}"},
    {"kvlist: read, base64 of nothing", "{\"Key\":\"a\",\"Value\":\"\",\"Base64\":true}",
     KVI_KVLIST_EXTRAS, BYTES("a"), BYTES(""), BYTES(""), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"\"}"},
    {"kvlist: read, base64, two pads", "{\"Key\":\"a\",\"Value\":\"/w==\",\"Base64\":true}",
     KVI_KVLIST_EXTRAS, BYTES("a"), BYTES("\xff"), BYTES(""), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"/w==\",\"Base64\":true}"},
    {"kvlist: read, base64, one pad", "{\"Key\":\"a\",\"Value\":\"+/8=\",\"Base64\":true}",
     KVI_KVLIST_EXTRAS, BYTES("a"), BYTES("\xfb\xff"), BYTES(""), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"+/8=\",\"Base64\":true}"},
    {"kvlist: read, base64, no pad", "{\"Key\":\"a\",\"Value\":\"AP8Aeno5gIEA\",\"Base64\":true}",
     KVI_KVLIST_EXTRAS, BYTES("a"), BYTES("\0\xff\0zz9\x80\x81\0"), BYTES(""), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"AP8Aeno5gIEA\",\"Base64\":true}"},
    {"kvlist: read, base64 of metadata",
     "{\"Key\":\"a\",\"Value\":\"v\",\"Metadata\":\"gA==\",\"MetadataBase64\":true}",
     KVI_KVLIST_EXTRAS, BYTES("a"), BYTES("v"), BYTES("\x80"), 0, 0, 0,
     "{\"Key\":\"a\",\"Value\":\"v\",\"Metadata\":\"gA==\",\"MetadataBase64\":true}"},
};

static void assert_bytes(const void *data, size_t size, const char *want, size_t want_size)
{
    assert_int_equal(size, want_size);
    if (size > 0)
        assert_memory_equal(data, want, size);
}

static void test_accepted(void **state)
{
    const struct accepted *row = *state;
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};
    kvi_json_writer written = {0};

    if (kvi_kvlist_add_object(&list, row->text, strlen(row->text), (uint32_t)row->read_flags,
                              &error) != KV_OK)
        fail_msg("%s", error.message);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.ops[0].kind, KV_PUT);
    assert_bytes(list.ops[0].key, list.ops[0].key_size, row->key, row->key_size);
    assert_bytes(list.ops[0].value, list.ops[0].value_size, row->value, row->value_size);
    assert_bytes(list.ops[0].metadata, list.ops[0].metadata_size, row->metadata,
                 row->metadata_size);
    assert_int_equal(list.bytes, row->key_size + row->value_size + row->metadata_size);
    assert_int_equal(list.ops[0].flags, row->flags);
    assert_int_equal(list.ops[0].expires_at, row->expires_at);
    assert_int_equal(list.ops[0].ttl_s, row->ttl_s);

    assert_int_equal(kvi_kvlist_write(&written, &list.ops[0]), KV_OK);
    assert_bytes(written.text, written.size, row->written, strlen(row->written));
    kvi_json_write_free(&written);
    kvi_kvlist_free(&list);
}

/* ---- Single cases */

static void test_many(void **state)
{
    static const char text[] = "[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"bb\",\"Value\":\"\"}]";
    kvi_kvlist list = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(kvi_kvlist_add_array(&list, text, sizeof(text) - 1, 0, NULL), KV_OK);
    assert_int_equal(list.count, 200);
    assert_int_equal(list.bytes, 400);
    for (size_t i = 0; i < list.count; i += 2) {
        assert_bytes(list.ops[i].key, list.ops[i].key_size, "a", 1);
        assert_bytes(list.ops[i + 1].key, list.ops[i + 1].key_size, "bb", 2);
    }
    kvi_kvlist_clear(&list);
    assert_int_equal(list.count, 0);
    assert_int_equal(list.bytes, 0);
    assert_int_equal(kvi_kvlist_add_array(&list, "[]", 2, 0, NULL), KV_OK);
    assert_int_equal(list.count, 0);
    kvi_kvlist_free(&list);
    kvi_kvlist_free(&list);
}

static void test_drop_last(void **state)
{
    static const char object[] = "{\"Key\":\"b\",\"Value\":\"123\",\"Metadata\":\"m\"}";
    kvi_kvlist list = {0};

    (void)state;
    assert_int_equal(pair_add(&list, "a", "1"), KV_OK);
    assert_int_equal(kvi_kvlist_add_object(&list, BYTES(object), KVI_KVLIST_EXTRAS, NULL), KV_OK);
    assert_int_equal(list.bytes, 2 + 5);
    kvi_kvlist_drop_last(&list);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.bytes, 2);
    assert_bytes(list.ops[0].key, list.ops[0].key_size, BYTES("a"));
    kvi_kvlist_drop_last(&list);
    assert_int_equal(list.count, 0);
    assert_int_equal(list.bytes, 0);
    kvi_kvlist_free(&list);
}

static void test_keys(void **state)
{
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};

    (void)state;
    assert_int_equal(kvi_kvlist_add_keys(&list, BYTES("[\"a\",\"\",\"b\\u0000\"]"), &error), KV_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.ops[2].kind, KV_DELETE);
    assert_bytes(list.ops[2].key, list.ops[2].key_size, BYTES("b\0"));
    assert_int_equal(kvi_kvlist_add_keys(&list, BYTES("[\"a\",1]"), &error), KV_INVALID);
    assert_string_equal(error.message, "element [1]: not a string");
    assert_int_equal(kvi_kvlist_add_keys(&list, BYTES("{}"), &error), KV_INVALID);
    assert_int_equal(list.count, 3);
    kvi_kvlist_free(&list);
}

static void test_object_faults(void **state)
{
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};

    (void)state;
    assert_int_equal(kvi_kvlist_add_object(&list, BYTES("{"), 0, &error), KV_INVALID);
    assert_int_equal(error.line, 1);
    assert_memory_equal(error.message, "line 1, column 1: ", error.place_size);
    assert_int_equal(error.place_size, strlen("line 1, column 1: "));
    assert_int_equal(kvi_kvlist_add_object(&list, BYTES("{}"), 0, &error), KV_INVALID);
    assert_string_equal(error.message, "Key is missing"); /* Of one object there is no index. */
    assert_int_equal(error.index, SIZE_MAX);
    assert_int_equal(kvi_kvlist_add_object(&list, BYTES("[]"), 0, &error), KV_INVALID);
    assert_string_equal(error.message, "not an object");
    kvi_kvlist_free(&list);
}

static void test_write_not_utf8(void **state)
{
    static const kv_op value = {.key = "k", .key_size = 1, .value = "\xc0\x80", .value_size = 2};
    static const kv_op key = {.key = "\xff", .key_size = 1};
    kvi_json_writer json = {0};

    (void)state;
    assert_int_equal(kvi_kvlist_write(&json, &value), KV_OK);
    kvi_json_write_clear(&json);
    assert_int_equal(kvi_kvlist_write(&json, &key), KV_INVALID);
    assert_int_equal(json.size, 0);
    kvi_json_write_free(&json);
}

/* Every length and every byte through base64 and back. */
static void test_base64_round_trip(void **state)
{
    unsigned char bytes[259];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(0xff - i);
    for (size_t size = 1; size <= sizeof(bytes); size++) {
        kv_op op = {.key = "k", .key_size = 1, .value = bytes, .value_size = size};
        kvi_kvlist list = {0};
        kvi_json_writer json = {0};
        assert_int_equal(kvi_kvlist_write(&json, &op), KV_OK);
        assert_int_equal(
            kvi_kvlist_add_object(&list, json.text, json.size, KVI_KVLIST_EXTRAS, NULL), KV_OK);
        assert_bytes(list.ops[0].value, list.ops[0].value_size, (const char *)bytes, size);
        kvi_kvlist_free(&list);
        kvi_json_write_free(&json);
    }
}

/* ---- No memory: the n-th allocation fails, for every n, and the list is as it was */

static const char document[] =
    "[{\"Key\":\"a\",\"Value\":\"gIA=\",\"Base64\":true,\"Metadata\":\"m\",\"Expiration\":1},"
    "{\"Key\":\"b\",\"Value\":\"a text that is longer than any buffer is at its beginning: it has "
    "\\u0022quotes\\u0022 and \\\\ in it\"}]";

static kv_status read_and_write(kvi_kvlist *list, kvi_json_writer *json)
{
    kv_status status =
        kvi_kvlist_add_array(list, document, sizeof(document) - 1, KVI_KVLIST_EXTRAS, NULL);

    for (size_t i = 0; status == KV_OK && i < 2; i++)
        status = kvi_kvlist_write(json, &list->ops[i]);
    if (status == KV_OK)
        status = pair_add(list, "k", "v");
    if (status == KV_OK)
        status = kvi_kvlist_add_keys(list, BYTES("[\"k\"]"), NULL);
    for (size_t i = 0; status == KV_OK && i < 100; i++)
        status = kvi_kvlist_add_object(list, BYTES("{\"Key\":\"a\",\"Value\":\"\"}"), 0, NULL);
    return status;
}

static void test_no_memory(void **state)
{
    kv_status status = KV_NO_MEMORY;
    int64_t tries = 0;

    (void)state;
    skip_without_memory_faults();
    for (; status != KV_OK; tries++) {
        kvi_kvlist list = {0};
        kvi_json_writer json = {0};

        memory_fail_after(tries);
        status = read_and_write(&list, &json);
        memory_fail_after(-1);
        assert_true(status == KV_OK || (status == KV_NO_MEMORY && memory_failed() == 1));
        for (size_t i = 0; i < list.count; i++)
            assert_int_equal(list.ops[i].key_size, 1);
        if (list.count >= 2)
            assert_bytes(list.ops[1].value, list.ops[1].value_size,
                         BYTES("a text that is longer than any buffer is at its beginning: it has "
                               "\"quotes\" and \\ in it"));
        kvi_kvlist_free(&list);
        kvi_json_write_free(&json);
    }
    assert_true(tries > 20);
}

static void test_put_copied(void **state)
{
    char key[] = "key";
    char value[] = "value";
    char metadata[] = "meta";
    kv_op put = {.key = key,
                 .key_size = 3,
                 .value = value,
                 .value_size = 5,
                 .metadata = metadata,
                 .metadata_size = 4,
                 .flags = KV_OP_EXPIRES_AT,
                 .expires_at = 1956441600};
    kvi_kvlist list = {0};

    (void)state;
    assert_int_equal(kvi_kvlist_add_put(&list, &put), KV_OK);
    key[0] = value[0] = metadata[0] = 'x';
    assert_int_equal(list.count, 1);
    assert_int_equal(list.bytes, 12);
    assert_bytes(list.ops[0].key, list.ops[0].key_size, BYTES("key"));
    assert_bytes(list.ops[0].value, list.ops[0].value_size, BYTES("value"));
    assert_bytes(list.ops[0].metadata, list.ops[0].metadata_size, BYTES("meta"));
    assert_int_equal(list.ops[0].flags, KV_OP_EXPIRES_AT);
    assert_int_equal(list.ops[0].expires_at, 1956441600);
    put.value_size = SIZE_MAX / 2;
    assert_int_equal(kvi_kvlist_add_put(&list, &put), KV_NO_MEMORY);
    assert_int_equal(list.count, 1);
    kvi_kvlist_free(&list);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("kvlist: many documents in one list", test_many),
        TEST("kvlist: the last one forgotten", test_drop_last),
        TEST("kvlist: the keys of a delete", test_keys),
        TEST("kvlist: faults of one object", test_object_faults),
        TEST("kvlist: writing what is not UTF-8", test_write_not_utf8),
        TEST("kvlist: base64 there and back", test_base64_round_trip),
        TEST("kvlist: a put is copied with all that it has", test_put_copied),
        TEST("kvlist: no memory", test_no_memory),
    };

    run_rows(refused, test_refused, NULL, NULL);
    run_rows(accepted, test_accepted, NULL, NULL);
    run_tests(tests);
    return run_all("kvlist");
}
