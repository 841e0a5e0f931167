/* Keys, values and orders, all from one seed. */
#ifndef BENCH_INPUT_H
#define BENCH_INPUT_H

#include "bench.h"

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

#endif
