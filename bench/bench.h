/* What the parts of kv-bench share: the input, a job for an engine, the engines. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_KEY_SIZE 24
#define BENCH_VALUE_SIZE 1000
#define BENCH_LIST_SIZE 1000 /* Keys of one list. */
#define BENCH_PATH_MAX 512

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
    uint64_t *latency_ns;  /* Writes: of each transaction. May be NULL. */
    uint64_t *pages;       /* Writes: written by each transaction. May be NULL. */
};

/* One reading thread's state. */
struct bench_reader;
/* An open store. */
struct bench_store;

enum bench_read { BENCH_GET, BENCH_BORROW, BENCH_FACTS, BENCH_LIST, BENCH_READS };

/* Every function ends the program when something fails. */
struct bench_engine {
    const char *name;
    /* durable: each commit survives power loss; else loading, hardened by close. */
    struct bench_store *(*open)(const char *directory, bool durable);
    void (*close)(struct bench_store *store);
    uint64_t (*count)(struct bench_store *store);
    struct bench_reader *(*reader_open)(struct bench_store *store);
    void (*reader_close)(struct bench_reader *reader);
    void (*read[BENCH_READS])(struct bench_reader *reader, const struct bench_job *job);
    /* Copy one value out, to compare it. */
    void (*fetch)(struct bench_reader *reader, const struct bench_key *key, uint8_t *out);
    void (*write)(struct bench_store *store, const struct bench_job *job);
};

enum { BENCH_KV, BENCH_LMDB, BENCH_ENGINES };
extern const struct bench_engine bench_kv, bench_lmdb;

/* The value of a key after the write with that salt. */
static inline const uint8_t *bench_value(const struct bench_input *input, size_t index,
                                         uint32_t salt)
{
    uint64_t mixed =
        (index + 1) * UINT64_C(0x9E3779B97F4A7C15) + salt * UINT64_C(0xD6E8FEB86659FD93);

    return input->pool + (mixed >> 20) % (input->pool_size - BENCH_VALUE_SIZE);
}

/* Say why and stop. */
void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t bench_now_ns(void);
/* malloc that does not fail. */
void *bench_alloc(size_t size);

/* Remove a directory and what it holds. What is not there is fine. */
void bench_remove(const char *path);

/* Pages written through this program since it began: by LMDB's calls, whoever uses it. */
uint64_t bench_pages_written(void);

#endif
