/* SHA-256: the answers that FIPS 180-4's examples give, in one part and in several. */
#include "edge/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct answer {
    const char *name, *text, *digest;
    size_t part; /* Bytes of each call. */
} answers[] = {
    {"sha256: nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 1},
    {"sha256: one block", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     3},
    {"sha256: byte by byte", "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 1},
    {"sha256: two blocks, in parts", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", 5},
};

static void test_answer(void **state)
{
    const struct answer *row = *state;
    unsigned char digest[KVI_SHA256_SIZE];
    char text[2 * KVI_SHA256_SIZE + 1];
    size_t size = strlen(row->text);
    kvi_sha256 *sha = kvi_sha256_begin();

    assert_non_null(sha);
    for (size_t at = 0; at < size; at += row->part)
        kvi_sha256_add(sha, row->text + at, size - at < row->part ? size - at : row->part);
    assert_int_equal(kvi_sha256_end(sha, digest), KV_OK);
    for (size_t i = 0; i < sizeof(digest); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, row->digest);
}

static void test_no_digest(void **state)
{
    (void)state;
    assert_int_equal(kvi_sha256_end(NULL, NULL), KV_NO_MEMORY);
    assert_int_equal(kvi_sha256_end(kvi_sha256_begin(), NULL), KV_NO_MEMORY); /* Released. */
}

int main(void)
{
    struct CMUnitTest tests[COUNT(answers) + 1];

    for (size_t i = 0; i < COUNT(answers); i++)
        tests[i] = (struct CMUnitTest){.name = answers[i].name,
                                       .test_func = test_answer,
                                       .initial_state = (void *)&answers[i]};
    tests[COUNT(answers)] =
        (struct CMUnitTest){.name = "sha256: no digest is wanted", .test_func = test_no_digest};
    return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
