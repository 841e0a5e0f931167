#include "input.h"

#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL_SIZE ((size_t)16 << 20)

/* SplitMix64. */
uint64_t bench_random_next(struct bench_random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int compare_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct bench_key));
}

static void fill_keys(struct bench_random *random, struct bench_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[BENCH_KEY_SIZE + 1];
        uint64_t number = bench_random_next(random);

        (void)snprintf(text, sizeof(text), "edge/%03x/%015llx", (unsigned)(number >> 60),
                       (unsigned long long)(number & UINT64_C(0xFFFFFFFFFFFFFFF)));
        memcpy(keys[i].text, text, BENCH_KEY_SIZE);
        memcpy(keys[i].ns, (uint8_t[4]){0, 0, 0, 1}, 4);
    }
    qsort(keys, count, sizeof(*keys), compare_key);
    for (size_t i = 1; i < count; i++)
        if (compare_key(&keys[i - 1], &keys[i]) == 0)
            bench_die("the seed makes a key twice; take another");
}

/* Half of the bytes random hexadecimal digits, half repeated: about what JSON is. */
static void fill_text(struct bench_random *random, uint8_t *out, size_t size)
{
    for (size_t at = 0; at < size;) {
        char line[64];
        size_t used = (size_t)snprintf(line, sizeof(line), "{\"Key\":\"%08x\",\"Price\":%u},\n",
                                       (unsigned)bench_random_next(random),
                                       (unsigned)(bench_random_next(random) % 1000));

        used = used < size - at ? used : size - at;
        memcpy(out + at, line, used);
        at += used;
    }
}

static void fill_random(struct bench_random *random, uint8_t *out, size_t size)
{
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        uint64_t word = bench_random_next(random);

        memcpy(out + at, &word, sizeof(word));
    }
}

struct bench_input bench_input_make(struct bench_random *random, size_t count, bool text)
{
    struct bench_input input = {.keys = bench_alloc(count * sizeof(*input.keys)),
                                .count = count,
                                .pool = bench_alloc(POOL_SIZE),
                                .pool_size = POOL_SIZE};

    fill_keys(random, input.keys, count);
    if (text)
        fill_text(random, input.pool, POOL_SIZE);
    else
        fill_random(random, input.pool, POOL_SIZE);
    return input;
}

void bench_input_free(struct bench_input *input)
{
    free(input->keys);
    free(input->pool);
}

uint32_t *bench_order_make(struct bench_random *random, size_t count)
{
    uint32_t *order = bench_alloc(count * sizeof(*order));

    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t other = bench_random_next(random) % i;
        uint32_t keep = order[i - 1];

        order[i - 1] = order[other];
        order[other] = keep;
    }
    return order;
}
