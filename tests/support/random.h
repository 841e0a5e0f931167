/* Random numbers for tests: small, seeded, the same on every machine. A test prints its seed when
 * it fails, and the seed alone replays it. */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

uint64_t rng_next(struct rng *rng);
/** 0 to bound - 1; 0 when bound is 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
/** Between the two, both included. */
uint64_t rng_between(struct rng *rng, uint64_t low, uint64_t high);
bool rng_percent(struct rng *rng, unsigned percent);
/** Bytes that no compressor shrinks. */
void rng_fill(struct rng *rng, void *out, size_t size);
/** Bytes that any compressor shrinks. */
void rng_fill_text(struct rng *rng, void *out, size_t size);

#endif
