/* Keys, values and orders, all from one seed. */
#ifndef BENCH_INPUT_H
#define BENCH_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_KEY_SIZE 24
#define BENCH_VALUE_SIZE 1000

/* A key as both engines store it: libkv adds the namespace itself and is given `text` only. */
struct bench_key {
    uint8_t ns[4]; /* Big-endian, of the store's one namespace. */
    char text[BENCH_KEY_SIZE];
};

/* Keys in byte order, and bytes that values are cut from: value_at(). */
struct bench_input {
    struct bench_key *keys;
    size_t count;
    uint8_t *pool;
    size_t pool_size;
};

struct bench_random {
    uint64_t state;
};

uint64_t bench_random_next(struct bench_random *random);

/* `count` different keys in byte order, with a pool of bytes: random ones, or text that zstd makes
 * a third of. */
struct bench_input bench_input_make(struct bench_random *random, size_t count, bool text);
void bench_input_free(struct bench_input *input);
/* All numbers below `count`, shuffled. Release with free(). */
uint32_t *bench_order_make(struct bench_random *random, size_t count);

/* The value of a key after the write with that salt. */
static inline const uint8_t *bench_value(const struct bench_input *input, size_t index,
                                         uint32_t salt)
{
    uint64_t mixed =
        (index + 1) * UINT64_C(0x9E3779B97F4A7C15) + salt * UINT64_C(0xD6E8FEB86659FD93);

    return input->pool + (mixed >> 20) % (input->pool_size - BENCH_VALUE_SIZE);
}

#endif
