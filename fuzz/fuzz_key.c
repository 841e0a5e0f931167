/*
 * kvi_key_check, kvi_key_check_part, kvi_key_encode, kvi_key_decode.
 *
 * Stored bytes are refused or decode to what encodes to the same bytes. A key encodes within
 * bounds and decodes to itself; two keys, and two parts of keys, encode in their own order. The
 * last two bytes choose where the input is cut in two.
 */
#include "input.h"

#include "codec/key.h"

static int order(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;
    int sign = common == 0 ? 0 : memcmp(a, b, common);

    if (sign != 0)
        return sign < 0 ? -1 : 1;
    return (a_size > b_size) - (a_size < b_size);
}

static void try_stored(const uint8_t *stored, size_t size)
{
    uint8_t *scratch = take_exact(KV_KEY_SIZE_MAX);
    uint8_t again[KVI_KEY_ENCODED_MAX];
    kv_slice key;
    kv_status status;

    status = kvi_key_decode(stored, size, scratch, &key);
    require(status == KV_OK || status == KV_CORRUPT);
    if (status == KV_OK) {
        require(key.size >= 1 && key.size <= KV_KEY_SIZE_MAX);
        require(kvi_key_encode(key.data, key.size, again) == size);
        require(memcmp(again, stored, size) == 0);
    }
    free(scratch);
}

/* The encoded form of a part of a key, with that it decodes again; SIZE_MAX: it is none. */
static size_t try_part(const uint8_t *part, size_t size, uint8_t *encoded)
{
    kv_status status = kvi_key_check(part, size);
    uint8_t scratch[KV_KEY_SIZE_MAX];
    kv_slice key;
    size_t used;

    require(status == KV_OK || status == KV_KEY_MALFORMED || status == KV_KEY_TOO_LONG);
    require((status == KV_KEY_TOO_LONG) == (size > KV_KEY_SIZE_MAX));
    if (kvi_key_check_part(part, size) != KV_OK) {
        require(status != KV_OK); /* Every key is a part of itself. */
        return SIZE_MAX;
    }
    used = kvi_key_encode(part, size, encoded);
    require(used <= KVI_KEY_ENCODED_MAX);
    require(size > 0 || used == 0);
    if (size > 0) {
        require(kvi_key_decode(encoded, used, scratch, &key) == KV_OK);
        require(key.size == size && memcmp(key.data, part, size) == 0);
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t a_encoded[KVI_KEY_ENCODED_MAX], b_encoded[KVI_KEY_ENCODED_MAX];
    size_t cut = 0, a_used, b_used;
    uint8_t *a, *b, *whole;

    if (size >= 2) {
        size -= 2;
        cut = ((size_t)data[size] << 8 | data[size + 1]) % (size + 1);
    }
    whole = copy_exact(data, size);
    a = copy_exact(data, cut);
    b = copy_exact(data + cut, size - cut);
    try_stored(whole, size);
    try_stored(a, cut);
    try_stored(b, size - cut);
    a_used = try_part(a, cut, a_encoded);
    b_used = try_part(b, size - cut, b_encoded);
    if (a_used != SIZE_MAX && b_used != SIZE_MAX)
        require(order(a, cut, b, size - cut) == order(a_encoded, a_used, b_encoded, b_used));
    free(a);
    free(b);
    free(whole);
    return 0;
}
