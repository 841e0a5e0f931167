/* Forms: what is decoded, what is refused, their order, and encoding into a hash. */
#include "edge/form.h"

#include "edge/crypto.h"
#include "support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *name;
    const char *text;
    const char *want; /* "name>value|" of each, in order; NULL: refused. */
} rows[] = {
    {"form: nothing", "", ""},
    {"form: one", "Key=a", "Key>a|"},
    {"form: their order stays", "b=2&a=1", "b>2|a>1|"},
    {"form: no '='", "Key", "Key>|"},
    {"form: an empty value", "Key=&Namespace=ns1", "Key>|Namespace>ns1|"},
    {"form: an empty name", "=v", ">v|"},
    {"form: '=' in a value", "a=b=c==", "a>b=c==|"},
    {"form: empty parts are nothing", "&&a=1&&&b=2&", "a>1|b>2|"},
    {"form: only '&'", "&&&", ""},
    {"form: '+' is a space", "a+b=+c+", "a b> c |"},
    {"form: %2B is a '+'", "a=%2B", "a>+|"},
    {"form: percent, both cases", "a=%3d%3D%e9%E9", "a>==\xE9\xE9|"},
    {"form: an encoded '&' and '=' do not separate", "a%3Db=%26c", "a=b>&c|"},
    {"form: a decoded '%' is not decoded again", "a=%2541", "a>%41|"},
    {"form: percent at the very end", "a=%41", "a>A|"},
    {"form: what the SDKs leave bare", "Key=key%2F1~*(%C3%A9)!'", "Key>key/1~*(\xC3\xA9)!'|"},
    {"form: other bytes pass", "a=\x01\x7F\xFF", "a>\x01\x7F\xFF|"},
    {"form: names in another case are other names", "a=1&A=2", "a>1|A>2|"},
    {"form: ';' does not separate", "a=1;b=2", "a>1;b=2|"},
    {"form refuses: '%' at the end", "a=%", NULL},
    {"form refuses: one digit", "a=%4", NULL},
    {"form refuses: one digit before '&'", "a=%4&b=1", NULL},
    {"form refuses: not a hex digit", "a=%4G", NULL},
    {"form refuses: not a hex digit first", "a=%G4", NULL},
    {"form refuses: a sign", "a=%+4", NULL},
    {"form refuses: %u", "a=%u0041", NULL},
    {"form refuses: '%' in a name", "%zz=1", NULL},
    {"form refuses: '%' split by '='", "%4=1", NULL},
    {"form refuses: a name twice", "a=1&b=2&a=1", NULL},
    {"form refuses: a name twice, encoded", "a=1&%61=2", NULL},
    {"form refuses: a name twice, without '='", "a&a", NULL},
    {"form refuses: the empty name twice", "=1&=2", NULL},
};

/* A copy that ends where its memory does. */
static char *copy_exact(const char *text, size_t size)
{
    char *copy = malloc(size + (size == 0));

    assert_non_null(copy);
    memcpy(copy, text, size);
    return copy;
}

static void test_row(void **state)
{
    const struct row *row = *state;
    size_t size = strlen(row->text);
    char *text = copy_exact(row->text, size);
    char before[] = "before=1";
    char got[512] = "";
    kvi_form form = {0};
    size_t used = 0;

    assert_int_equal(kvi_form_add(&form, before, sizeof(before) - 1), KV_OK);
    if (row->want == NULL) {
        assert_int_equal(kvi_form_add(&form, text, size), KV_INVALID);
        assert_int_equal(form.count, 1); /* As it was. */
        free(text);
        return;
    }
    assert_int_equal(kvi_form_add(&form, text, size), KV_OK);
    for (size_t i = 1; i < form.count; i++)
        used +=
            (size_t)snprintf(got + used, sizeof(got) - used, "%.*s>%.*s|",
                             (int)form.items[i].name.size, (const char *)form.items[i].name.data,
                             (int)form.items[i].value.size, (const char *)form.items[i].value.data);
    assert_string_equal(got, row->want);
    free(text);
}

static void test_nul(void **state)
{
    char text[] = "Key=a%00b&%00=c";
    kvi_form form = {0};

    (void)state;
    assert_int_equal(kvi_form_add(&form, text, sizeof(text) - 1), KV_OK);
    assert_int_equal(form.count, 2);
    assert_int_equal(form.items[0].value.size, 3);
    assert_memory_equal(form.items[0].value.data, "a\0b", 3);
    assert_int_equal(form.items[1].name.size, 1);
    assert_int_equal(kvi_form_add(&form, NULL, 0), KV_OK);
}

/* Query and form body are one set of names. */
static void test_twice_over_two_texts(void **state)
{
    char query[] = "Namespace=ns1&Key=a";
    char body[] = "Value=v&Key=b";
    char good[] = "Value=v";
    kvi_form form = {0};

    (void)state;
    assert_int_equal(kvi_form_add(&form, query, sizeof(query) - 1), KV_OK);
    assert_int_equal(kvi_form_add(&form, body, sizeof(body) - 1), KV_INVALID);
    assert_null(kvi_form_find(&form, "Value"));
    assert_int_equal(kvi_form_add(&form, good, sizeof(good) - 1), KV_OK);
    assert_non_null(kvi_form_find(&form, "Value"));
}

static void test_too_many(void **state)
{
    char text[KVI_FORM_PARAMETERS_MAX * 8];
    char more[] = "more=1";
    char nothing[] = "&&&&";
    size_t used = 0;
    kvi_form form = {0};

    (void)state;
    for (int i = 0; i < KVI_FORM_PARAMETERS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "p%d=%d&", i, i);
    assert_int_equal(kvi_form_add(&form, text, used), KV_OK);
    assert_int_equal(form.count, KVI_FORM_PARAMETERS_MAX);
    assert_int_equal(kvi_form_add(&form, nothing, sizeof(nothing) - 1), KV_OK);
    assert_int_equal(kvi_form_add(&form, more, sizeof(more) - 1), KV_INVALID);
    assert_int_equal(form.count, KVI_FORM_PARAMETERS_MAX);
}

static void test_find_and_sort(void **state)
{
    char text[] = "Key=k&Namespace=n&Key2=2&Ke=1&%FF=x&key=low&=";
    static const char *const order[] = {"", "Ke", "Key", "Key2", "Namespace", "key", "\xFF"};
    kvi_form form = {0};

    (void)state;
    assert_int_equal(kvi_form_add(&form, text, sizeof(text) - 1), KV_OK);
    assert_null(kvi_form_find(&form, "K"));
    assert_null(kvi_form_find(&form, "KEY"));
    assert_null(kvi_form_find(&form, "Key22"));
    kvi_form_sort(&form);
    assert_int_equal(form.count, COUNT(order));
    for (size_t i = 0; i < form.count; i++) {
        assert_int_equal(form.items[i].name.size, strlen(order[i]));
        assert_memory_equal(form.items[i].name.data, order[i], strlen(order[i]));
        assert_ptr_equal(kvi_form_find(&form, order[i]), &form.items[i]);
    }
    assert_memory_equal(kvi_form_find(&form, "Namespace")->value.data, "n", 1);
}

/* ---- Encoding */

static void check_digest(kvi_hash *hash, const char *text, size_t size)
{
    unsigned char got[KVI_SHA256_SIZE];
    unsigned char want[KVI_SHA256_SIZE];
    kvi_hash *plain = kvi_hash_begin(KVI_SHA256);

    kvi_hash_add(plain, text, size);
    assert_int_equal(kvi_hash_end(plain, want), KV_OK);
    assert_int_equal(kvi_hash_end(hash, got), KV_OK);
    assert_memory_equal(got, want, sizeof(want));
}

static void check_encoded(kv_slice bytes, int times, const char *text, size_t size)
{
    kvi_hash *hash = kvi_hash_begin(KVI_SHA256);

    kvi_form_hash_encoded(hash, bytes, times);
    check_digest(hash, text, size);
}

static void test_encode(void **state)
{
    kv_slice bytes = {"aZ09-_.~ +*/%\xC3\xA9\x01!'()", 20};
    kv_slice nothing = {NULL, 0};
    static const char once[] = "aZ09-_.~%20%2B%2A%2F%25%C3%A9%01%21%27%28%29";
    static const char twice[] =
        "aZ09-_.~%2520%252B%252A%252F%2525%25C3%25A9%2501%2521%2527%2528%2529";

    (void)state;
    check_encoded(bytes, 1, once, sizeof(once) - 1);
    check_encoded(bytes, 2, twice, sizeof(twice) - 1);
    check_encoded(nothing, 1, "", 0);
}

/* Every byte, and more than one buffer of them, in every phase of the buffer's end. */
static void test_encode_long(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 6; shift++) {
        size_t count = 256 * 40;
        char *bytes = malloc(shift + count);
        char *text = malloc(shift + 5 * count + 1);
        size_t used = 0;

        assert_true(bytes != NULL && text != NULL);
        memset(bytes, 'a', shift);
        for (size_t i = 0; i < count; i++)
            bytes[shift + i] = (char)i;
        for (size_t i = 0; i < shift + count; i++) {
            char c = bytes[i];
            bool is_bare = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                           (c >= 'a' && c <= 'z') || (c != '\0' && strchr("-_.~", c) != NULL);
            used += (size_t)snprintf(text + used, 6, is_bare ? "%c" : "%%25%02X",
                                     is_bare ? c : (unsigned char)c);
        }
        check_encoded((kv_slice){bytes, shift + count}, 2, text, used);
        free(bytes);
        free(text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("form: NUL is a byte like others", test_nul),
        TEST("form refuses: a name in query and body", test_twice_over_two_texts),
        TEST("form refuses: too many", test_too_many),
        TEST("form: find and sort", test_find_and_sort),
        TEST("form: encode", test_encode),
        TEST("form: encode every byte, over many buffers", test_encode_long),
    };

    run_rows(rows, test_row, NULL, NULL);
    run_tests(tests);
    return run_all("edge_form");
}
