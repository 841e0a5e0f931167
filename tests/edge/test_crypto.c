/* Digests and HMAC against the vectors of FIPS 180, RFC 2202 and RFC 4231, in whole and in parts;
 * and that no lack of memory goes unnoticed. */
#include "edge/crypto.h"

#include "support/run.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#define JEFE "what do ya want for nothing?"
#define LARGER "Test Using Larger Than Block-Size Key - Hash Key First"

/* Text, or one byte many times. */
struct bytes {
    const char *text;
    unsigned char byte;
    size_t count;
};

static const struct row {
    const char *name;
    kvi_digest digest;
    struct bytes key; /* Neither text nor count: not an HMAC. */
    struct bytes data;
    const char *hex;
} rows[] = {
    {"SHA-1: nothing", KVI_SHA1, {0}, {"", 0, 0}, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"SHA-1: abc", KVI_SHA1, {0}, {"abc", 0, 0}, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"SHA-1: a million a",
     KVI_SHA1,
     {0},
     {NULL, 'a', 1000000},
     "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {"SHA-256: nothing",
     KVI_SHA256,
     {0},
     {"", 0, 0},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"SHA-256: abc",
     KVI_SHA256,
     {0},
     {"abc", 0, 0},
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"SHA-256: two blocks",
     KVI_SHA256,
     {0},
     {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 0, 0},
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"HMAC-SHA-1: RFC 2202, 1",
     KVI_SHA1,
     {NULL, 0x0b, 20},
     {"Hi There", 0, 0},
     "b617318655057264e28bc0b6fb378c8ef146be00"},
    {"HMAC-SHA-1: RFC 2202, 2",
     KVI_SHA1,
     {"Jefe", 0, 0},
     {JEFE, 0, 0},
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {"HMAC-SHA-1: RFC 2202, 3",
     KVI_SHA1,
     {NULL, 0xaa, 20},
     {NULL, 0xdd, 50},
     "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {"HMAC-SHA-1: RFC 2202, 6, a key over a block",
     KVI_SHA1,
     {NULL, 0xaa, 80},
     {LARGER, 0, 0},
     "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {"HMAC-SHA-256: RFC 4231, 1",
     KVI_SHA256,
     {NULL, 0x0b, 20},
     {"Hi There", 0, 0},
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"HMAC-SHA-256: RFC 4231, 2",
     KVI_SHA256,
     {"Jefe", 0, 0},
     {JEFE, 0, 0},
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"HMAC-SHA-256: RFC 4231, 3",
     KVI_SHA256,
     {NULL, 0xaa, 20},
     {NULL, 0xdd, 50},
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"HMAC-SHA-256: RFC 4231, 6, a key over a block",
     KVI_SHA256,
     {NULL, 0xaa, 131},
     {LARGER, 0, 0},
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

/* Owned: release with free(). */
static unsigned char *make(const struct bytes *bytes, size_t *size)
{
    unsigned char *made = NULL;

    *size = bytes->text != NULL ? strlen(bytes->text) : bytes->count;
    made = malloc(*size + 1);
    assert_non_null(made);
    if (bytes->text != NULL)
        memcpy(made, bytes->text, *size);
    else
        memset(made, bytes->byte, *size);
    return made;
}

/* The data in parts of `step` bytes. */
static void check_row(const struct row *row, size_t step)
{
    size_t key_size = 0;
    size_t size = 0;
    size_t digest_size = row->digest == KVI_SHA1 ? KVI_SHA1_SIZE : KVI_SHA256_SIZE;
    unsigned char *key = make(&row->key, &key_size);
    unsigned char *data = make(&row->data, &size);
    unsigned char digest[KVI_SHA256_SIZE];
    char hex[2 * KVI_SHA256_SIZE];
    kvi_hash *hash =
        key_size > 0 ? kvi_hmac_begin(row->digest, key, key_size) : kvi_hash_begin(row->digest);

    assert_non_null(hash);
    for (size_t i = 0; i < size; i += step)
        kvi_hash_add(hash, data + i, size - i < step ? size - i : step);
    kvi_hash_add(hash, NULL, 0);
    assert_int_equal(kvi_hash_end(hash, digest), KV_OK);
    kvi_hex_encode(digest, digest_size, hex);
    assert_int_equal(strlen(row->hex), 2 * digest_size);
    assert_memory_equal(hex, row->hex, 2 * digest_size);
    free(key);
    free(data);
}

static void test_row(void **state)
{
    check_row(*state, 1000000);
    check_row(*state, 7);
}

static void test_no_hash(void **state)
{
    unsigned char digest[KVI_SHA256_SIZE];

    (void)state;
    kvi_hash_add(NULL, "abc", 3);
    assert_int_equal(kvi_hash_end(NULL, digest), KV_NO_MEMORY);
    /* Given up half-way: only the memory goes. */
    assert_int_equal(kvi_hash_end(kvi_hash_begin(KVI_SHA1), NULL), KV_NO_MEMORY);
    assert_int_equal(kvi_hash_end(kvi_hmac_begin(KVI_SHA256, "k", 1), NULL), KV_NO_MEMORY);
}

static void test_check(void **state)
{
    (void)state;
    assert_int_equal(kvi_crypto_check(), KV_OK);
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(kvi_crypto_equal("same bytes", "same bytes", 10));
    assert_false(kvi_crypto_equal("same bytes", "same bytEs", 10));
    assert_false(kvi_crypto_equal("Same bytes", "same bytes", 10));
    assert_true(kvi_crypto_equal("abcX", "abcY", 3));
    assert_true(kvi_crypto_equal(NULL, NULL, 0));
}

static void test_random(void **state)
{
    unsigned char a[32] = {0};
    unsigned char b[32] = {0};

    (void)state;
    assert_int_equal(kvi_crypto_random(a, sizeof(a)), KV_OK);
    assert_int_equal(kvi_crypto_random(b, sizeof(b)), KV_OK);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(kvi_crypto_random(a, 0), KV_OK);
    assert_int_equal(kvi_crypto_random(a, SIZE_MAX), KV_IO);
}

static void test_wipe(void **state)
{
    char secret[] = "secret";

    (void)state;
    kvi_crypto_wipe(secret, sizeof(secret));
    assert_memory_equal(secret, "\0\0\0\0\0\0", sizeof(secret));
    kvi_crypto_wipe(NULL, 0);
}

/* ---- No memory: libcrypto's n-th allocation fails */

static size_t allocations_left = SIZE_MAX;

static bool is_denied(void)
{
    if (allocations_left == 0)
        return true;
    allocations_left -= allocations_left != SIZE_MAX;
    return false;
}

static void *failing_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_denied() ? NULL : malloc(size);
}

static void *failing_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_denied() ? NULL : realloc(old, size);
}

static void plain_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

static void test_no_memory(void **state)
{
    unsigned char want[KVI_SHA256_SIZE];
    unsigned char digest[KVI_SHA256_SIZE];
    kv_status status = KV_NO_MEMORY;
    size_t tries = 0;
    kvi_hash *hash = kvi_hmac_begin(KVI_SHA256, "key", 3);

    (void)state;
    kvi_hash_add(hash, "data", 4);
    assert_int_equal(kvi_hash_end(hash, want), KV_OK);
    for (; status != KV_OK && tries < 1000; tries++) {
        allocations_left = tries;
        hash = kvi_hmac_begin(KVI_SHA256, "key", 3);
        kvi_hash_add(hash, "data", 4);
        status = kvi_hash_end(hash, digest);
        allocations_left = SIZE_MAX;
        assert_true(status == KV_OK || status == KV_NO_MEMORY);
    }
    assert_int_equal(status, KV_OK);
    assert_memory_equal(digest, want, sizeof(want));
    assert_true(tries > 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("crypto: no hash is a failure", test_no_hash),
        TEST("crypto: libcrypto has it all", test_check),
        TEST("crypto: equal", test_equal),
        TEST("crypto: random", test_random),
        TEST("crypto: wipe", test_wipe),
        TEST("crypto: no memory", test_no_memory),
    };

    /* Before libcrypto's first allocation, or not at all. */
    if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) != 1)
        return 1;
    run_rows(rows, test_row, NULL, NULL);
    run_tests(tests);
    return run_all("edge_crypto");
}
