/* A pair of stores, one of each engine, that hold the same keys and values. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "engine.h"

extern const struct bench_engine *const bench_engines[BENCH_ENGINES];

struct bench_pair {
    const char *directory;
    struct bench_input input;
    struct bench_input fresh; /* Keys that are not in it, until a workload puts them. */
    struct bench_store *stores[BENCH_ENGINES];
    uint64_t expected; /* Keys it holds. */
    uint32_t salt;     /* Of the next write. */
};

/* What a pair is made of. */
struct bench_pair_plan {
    const char *directory; /* Kept, not copied. */
    size_t keys, fresh;
    int64_t ttl_s; /* 0: the keys are permanent. libkv only. */
    bool text;     /* Values that zstd makes smaller. */
    bool in_order; /* Loaded in key order; else at random, which leaves a long free list. */
};

/* Make both stores, load them, compare 1,000 values of each. */
void bench_pair_open(struct bench_pair *pair, struct bench_random *random,
                     const struct bench_pair_plan *plan);
/* Compare the counts, close and remove the stores. */
void bench_pair_close(struct bench_pair *pair);

/* Run job's transactions on one engine's store. Time and pages of each go to latency_ns and pages,
 * unless these are NULL. */
void bench_pair_write(struct bench_pair *pair, int engine, const struct bench_job *job,
                      uint64_t *latency_ns, uint64_t *pages);

#endif
