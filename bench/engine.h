/* The engines, and a job for one. */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include "input.h"

#define BENCH_LIST_SIZE 1000  /* Keys of one list. */
#define BENCH_GROUP_MAX 10000 /* Pairs of one transaction. */

/* A piece of work: the same for both engines. */
struct bench_job {
    const struct bench_input *input;
    const uint32_t *order; /* Index of the key of each operation. */
    size_t count;          /* Operations: reads, lists, or pairs to put. */
    size_t renew;          /* Reads: operations until the snapshot is renewed. */
    size_t group;          /* Writes: pairs in one transaction. */
    int64_t ttl_s;         /* Writes: 0 for none. libkv only. */
    uint32_t salt;         /* Writes: another value each time. */
    bool missing;          /* Reads: the keys are not there. */
};

/* One reading thread's state. */
struct bench_reader;
/* An open store. */
struct bench_store;

enum bench_read { BENCH_GET, BENCH_BORROW, BENCH_FACTS, BENCH_LIST, BENCH_READS };

/* Every function ends the program when something fails. */
struct bench_engine {
    const char *name;
    bool wants_sorted; /* Is fastest when a transaction's pairs come in key order. */
    /* durable: each commit survives power loss; else loading, hardened by close. */
    struct bench_store *(*open)(const char *directory, bool durable);
    void (*close)(struct bench_store *store);
    uint64_t (*count)(struct bench_store *store);
    struct bench_reader *(*reader_open)(struct bench_store *store);
    void (*reader_close)(struct bench_reader *reader);
    void (*read[BENCH_READS])(struct bench_reader *reader, const struct bench_job *job);
    /* Copy one value out, to compare it. */
    void (*fetch)(struct bench_reader *reader, const struct bench_key *key, uint8_t *out);
    /* The `count` pairs from job->order[at] on, at most BENCH_GROUP_MAX, in one transaction. */
    void (*write)(struct bench_store *store, const struct bench_job *job, size_t at, size_t count);
};

enum { BENCH_KV, BENCH_LMDB, BENCH_ENGINES };
extern const struct bench_engine bench_kv, bench_lmdb;

#endif
