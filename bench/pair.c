#include "pair.h"

#include "base.h"
#include "page_count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD_GROUP 5000
#define COMPARED 1000 /* Values compared after loading. */

const struct bench_engine *const bench_engines[BENCH_ENGINES] = {&bench_kv, &bench_lmdb};

static void store_path(const struct bench_pair *pair, int engine, char out[BENCH_PATH_MAX])
{
    if (snprintf(out, BENCH_PATH_MAX, "%s/%s", pair->directory, bench_engines[engine]->name) >=
        BENCH_PATH_MAX)
        bench_die("%s: too long", pair->directory);
}

/* Both engines get the keys in the same order, so that their pages fill alike. */
static void pair_load(struct bench_pair *pair, struct bench_random *random,
                      const struct bench_pair_plan *plan)
{
    uint32_t *order = bench_order_make(random, pair->input.count);
    struct bench_job job = {.input = &pair->input,
                            .order = order,
                            .count = pair->input.count,
                            .group = LOAD_GROUP,
                            .ttl_s = plan->ttl_s};

    for (size_t i = 0; plan->in_order && i < pair->input.count; i++)
        order[i] = (uint32_t)i;
    for (int e = 0; e < BENCH_ENGINES; e++) {
        char path[BENCH_PATH_MAX];

        store_path(pair, e, path);
        pair->stores[e] = bench_engines[e]->open(path, false);
        bench_pair_write(pair, e, &job, NULL, NULL);
        bench_engines[e]->close(pair->stores[e]);
        pair->stores[e] = bench_engines[e]->open(path, true);
    }
    free(order);
}

static void pair_compare_values(struct bench_pair *pair, struct bench_random *random, int engine)
{
    struct bench_reader *reader = bench_engines[engine]->reader_open(pair->stores[engine]);

    for (size_t i = 0; i < COMPARED; i++) {
        size_t index = bench_random_next(random) % pair->input.count;
        uint8_t value[BENCH_VALUE_SIZE];

        bench_engines[engine]->fetch(reader, &pair->input.keys[index], value);
        if (memcmp(value, bench_value(&pair->input, index, 0), sizeof(value)) != 0)
            bench_die("%s: a value is not what was put", bench_engines[engine]->name);
    }
    bench_engines[engine]->reader_close(reader);
}

static void pair_compare_count(const struct bench_pair *pair, int engine)
{
    uint64_t count = bench_engines[engine]->count(pair->stores[engine]);

    if (count != pair->expected)
        bench_die("%s holds %llu keys, not %llu", bench_engines[engine]->name,
                  (unsigned long long)count, (unsigned long long)pair->expected);
}

void bench_pair_open(struct bench_pair *pair, struct bench_random *random,
                     const struct bench_pair_plan *plan)
{
    *pair = (struct bench_pair){.directory = plan->directory, .expected = plan->keys, .salt = 1};
    pair->input = bench_input_make(random, plan->keys, plan->text);
    if (plan->fresh > 0)
        pair->fresh = bench_input_make(random, plan->fresh, false);
    pair_load(pair, random, plan);
    for (int e = 0; e < BENCH_ENGINES; e++) {
        pair_compare_count(pair, e);
        pair_compare_values(pair, random, e);
    }
}

void bench_pair_close(struct bench_pair *pair)
{
    for (int e = 0; e < BENCH_ENGINES; e++) {
        char path[BENCH_PATH_MAX];

        pair_compare_count(pair, e);
        bench_engines[e]->close(pair->stores[e]);
        store_path(pair, e, path);
        bench_remove(path);
    }
    bench_input_free(&pair->input);
    bench_input_free(&pair->fresh);
}

static int compare_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Sorting for the engine that wants it costs nothing here; the other sorts inside the clock. */
void bench_pair_write(struct bench_pair *pair, int engine, const struct bench_job *job,
                      uint64_t *latency_ns, uint64_t *pages)
{
    uint32_t *order = bench_alloc(job->count * sizeof(*order));
    struct bench_job own = *job;

    memcpy(order, job->order, job->count * sizeof(*order));
    own.order = order;
    for (size_t at = 0; at < job->count; at += job->group) {
        size_t count = job->count - at < job->group ? job->count - at : job->group;
        uint64_t pages_before, start;

        if (bench_engines[engine]->wants_sorted)
            qsort(order + at, count, sizeof(*order), compare_index);
        pages_before = bench_pages_written();
        start = bench_now_ns();
        bench_engines[engine]->write(pair->stores[engine], &own, at, count);
        if (latency_ns != NULL)
            latency_ns[at / job->group] = bench_now_ns() - start;
        if (pages != NULL)
            pages[at / job->group] = bench_pages_written() - pages_before;
    }
    free(order);
}
