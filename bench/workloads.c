#include "workloads.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD_GROUP 5000
#define FRESH_GROUP 10000
#define SMALL_KEYS 4000 /* Of SMALL: raw LMDB then writes five pages for a put. */
#define ROUNDS_MIN 3    /* However long they take. */
#define COMPARED 1000   /* Values compared after loading. */
#define THREADS_MAX 2
#define TTL_S 86400

/* The kinds of stores. */
enum { PLAIN, EXPIRING, TEXT, SMALL, KINDS };
/* The kinds of workloads. */
enum { READ, THREADS, WRITE };

struct workload {
    const char *name, *what;
    int kind, store;
    enum bench_read read;
    size_t renew;
    size_t group;
    int64_t ttl_s;
    bool missing, fresh;
    size_t count, count_quick; /* Operations of a round. */
    double target;             /* Of the ratio; THREADS: of libkv's scaling. 0: none. */
    double pages_target;       /* Of the pages a put writes, at most. 0: none. */
};

/* In order of the stores they need; those that leave a store larger come last. */
static const struct workload workloads[] = {
    {.name = "get",
     .what = "random get into the caller's memory, a renewed snapshot for each",
     .read = BENCH_GET,
     .renew = 1,
     .count = 200000,
     .count_quick = 50000,
     .target = 0.9},
    {.name = "get-renew-100",
     .what = "the same, a renewed snapshot for every 100",
     .read = BENCH_GET,
     .renew = 100,
     .count = 200000,
     .count_quick = 50000},
    {.name = "get-borrowed",
     .what = "random get without a copy (libkv verifies the value), renewed for every 100",
     .read = BENCH_BORROW,
     .renew = 100,
     .count = 200000,
     .count_quick = 50000},
    {.name = "facts",
     .what = "facts of a random key, against a bare mdb_get(), renewed for each",
     .read = BENCH_FACTS,
     .renew = 1,
     .count = 200000,
     .count_quick = 50000,
     .target = 0.9},
    {.name = "facts-renew-100",
     .what = "the same, renewed for every 100",
     .read = BENCH_FACTS,
     .renew = 100,
     .count = 200000,
     .count_quick = 50000,
     .target = 0.9},
    {.name = "missing",
     .what = "random get of keys that are not there, renewed for each",
     .read = BENCH_GET,
     .renew = 1,
     .missing = true,
     .count = 200000,
     .count_quick = 50000},
    {.name = "list-1000",
     .what = "1,000 keys in order from a random one",
     .read = BENCH_LIST,
     .renew = 1,
     .count = 500,
     .count_quick = 100},
    {.name = "get-2-threads",
     .what = "two threads against one, each as get",
     .kind = THREADS,
     .read = BENCH_GET,
     .renew = 1,
     .count = 200000,
     .count_quick = 50000,
     .target = 1.5},
    {.name = "put",
     .what = "one durable put of a key that is there",
     .kind = WRITE,
     .group = 1,
     .count = 100,
     .count_quick = 40},
    {.name = "batch-100",
     .what = "a durable batch of 100 pairs that are there",
     .kind = WRITE,
     .group = 100,
     .count = 2000,
     .count_quick = 1000,
     .target = 0.9},
    {.name = "batch-100-ttl",
     .what = "the same; permanent keys get a TTL in libkv, LMDB puts the values alone",
     .kind = WRITE,
     .group = 100,
     .ttl_s = TTL_S,
     .count = 2000,
     .count_quick = 1000,
     .target = 0.9},
    {.name = "batch-10000-fresh",
     .what = "a durable batch of 10,000 pairs that are new",
     .kind = WRITE,
     .group = FRESH_GROUP,
     .fresh = true,
     .count = FRESH_GROUP,
     .count_quick = FRESH_GROUP},
    {.name = "batch-100-refresh",
     .what = "a durable batch of 100 pairs that refreshes TTLs in libkv",
     .kind = WRITE,
     .store = EXPIRING,
     .group = 100,
     .ttl_s = TTL_S,
     .count = 2000,
     .count_quick = 1000,
     .target = 0.9},
    {.name = "get-text",
     .what = "as get, of values that libkv keeps compressed",
     .store = TEXT,
     .read = BENCH_GET,
     .renew = 1,
     .count = 100000,
     .count_quick = 20000},
    {.name = "batch-100-text",
     .what = "as batch-100, of values that libkv compresses",
     .kind = WRITE,
     .store = TEXT,
     .group = 100,
     .count = 2000,
     .count_quick = 1000},
    {.name = "put-small",
     .what = "one durable put into a store of 4,000 keys that was loaded in key order",
     .kind = WRITE,
     .store = SMALL,
     .group = 1,
     .count = 100,
     .count_quick = 40,
     .pages_target = 8},
};

#define WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

static const struct bench_engine *const engines[BENCH_ENGINES] = {&bench_kv, &bench_lmdb};

/* A pair of stores that is open. */
struct pair {
    struct bench_input input;
    struct bench_input fresh; /* Keys that are not in it, until a workload puts them. */
    struct bench_store *stores[BENCH_ENGINES];
    uint64_t expected; /* Keys it holds. */
    uint32_t salt;     /* Of the next write. */
};

void bench_workloads_print(void)
{
    for (size_t i = 0; i < WORKLOADS; i++)
        printf("  %-18s %s\n", workloads[i].name, workloads[i].what);
}

static size_t ops_of(const struct bench_run *run, const struct workload *w)
{
    return run->quick ? w->count_quick : w->count;
}

static size_t keys_of(const struct bench_run *run, int kind)
{
    if (kind == SMALL)
        return SMALL_KEYS;
    return run->quick && kind != PLAIN ? run->keys / 4 : run->keys;
}

/* ---- Setting up, outside every clock */

static void store_path(const struct bench_run *run, int engine, char out[BENCH_PATH_MAX])
{
    if (snprintf(out, BENCH_PATH_MAX, "%s/%s", run->directory, engines[engine]->name) >=
        BENCH_PATH_MAX)
        bench_die("%s: too long", run->directory);
}

/* Both engines get the keys in the same order, so that their pages fill alike: a random one, which
   leaves a long free list, or that of the keys, which leaves none. */
static void pair_load(struct bench_run *run, struct pair *pair, int kind)
{
    uint32_t *order = bench_order_make(&run->random, pair->input.count);
    struct bench_job job = {.input = &pair->input,
                            .order = order,
                            .count = pair->input.count,
                            .group = LOAD_GROUP,
                            .ttl_s = kind == EXPIRING ? TTL_S : 0};

    for (size_t i = 0; kind == SMALL && i < pair->input.count; i++)
        order[i] = (uint32_t)i;
    for (int e = 0; e < BENCH_ENGINES; e++) {
        char path[BENCH_PATH_MAX];
        struct bench_store *store;

        store_path(run, e, path);
        store = engines[e]->open(path, false);
        engines[e]->write(store, &job);
        engines[e]->close(store);
        pair->stores[e] = engines[e]->open(path, true);
    }
    free(order);
}

/* Both must hold the same keys, and after loading the same values. */
static void pair_check(struct bench_run *run, struct pair *pair, bool values)
{
    for (int e = 0; e < BENCH_ENGINES; e++) {
        uint64_t count = engines[e]->count(pair->stores[e]);
        struct bench_reader *reader = engines[e]->reader_open(pair->stores[e]);

        if (count != pair->expected)
            bench_die("%s holds %llu keys, not %llu", engines[e]->name, (unsigned long long)count,
                      (unsigned long long)pair->expected);
        for (size_t i = 0; values && i < COMPARED; i++) {
            size_t index = bench_random_next(&run->random) % pair->input.count;
            uint8_t value[BENCH_VALUE_SIZE];

            engines[e]->fetch(reader, &pair->input.keys[index], value);
            if (memcmp(value, bench_value(&pair->input, index, 0), sizeof(value)) != 0)
                bench_die("%s: a value is not what was put", engines[e]->name);
        }
        engines[e]->reader_close(reader);
    }
}

static void pair_open(struct bench_run *run, struct pair *pair, int kind)
{
    *pair = (struct pair){.expected = keys_of(run, kind), .salt = 1};
    pair->input = bench_input_make(&run->random, pair->expected, kind == TEXT);
    if (kind == PLAIN)
        pair->fresh = bench_input_make(&run->random, run->rounds * FRESH_GROUP, false);
    pair_load(run, pair, kind);
    pair_check(run, pair, true);
}

static void pair_close(struct bench_run *run, struct pair *pair)
{
    pair_check(run, pair, false);
    for (int e = 0; e < BENCH_ENGINES; e++)
        engines[e]->close(pair->stores[e]);
    bench_input_free(&pair->input);
    bench_input_free(&pair->fresh);
}

/* ---- Running */

/* One figure of each round. */
struct samples {
    double *values[BENCH_ENGINES];
};

/* Whether to begin another round. A workload has a share of the time, but some rounds always. */
static bool goes_on(const struct bench_run *run, size_t round, uint64_t began_ns)
{
    if (round >= run->rounds)
        return false;
    return round < ROUNDS_MIN || bench_now_ns() - began_ns < run->share_ns;
}

static struct samples samples_make(size_t count)
{
    struct samples samples;

    for (int e = 0; e < BENCH_ENGINES; e++)
        samples.values[e] = bench_alloc(count * sizeof(double));
    return samples;
}

static void samples_free(struct samples *samples)
{
    for (int e = 0; e < BENCH_ENGINES; e++)
        free(samples->values[e]);
}

/* Medians and fastest rounds in microseconds an operation. */
static void finish_timed(struct bench_run *run, const struct workload *w, struct samples *samples,
                         size_t rounds)
{
    double median[BENCH_ENGINES], fastest[BENCH_ENGINES];

    for (int e = 0; e < BENCH_ENGINES; e++) {
        median[e] = report_median(samples->values[e], rounds);
        fastest[e] = samples->values[e][0];
        report_value(&run->report, w->name, engines[e]->name, "us_median", median[e]);
        report_value(&run->report, w->name, engines[e]->name, "us_min", fastest[e]);
    }
    report_value(&run->report, w->name, "-", "rounds", (double)rounds);
    report_value(&run->report, w->name, "libkv/LMDB", "ratio",
                 median[BENCH_LMDB] / median[BENCH_KV]);
    report_value(&run->report, w->name, "libkv/LMDB", "ratio_min",
                 fastest[BENCH_LMDB] / fastest[BENCH_KV]);
    report_line(&run->report, &(struct report_line){.workload = w->name,
                                                    .unit = "us",
                                                    .kv = median[BENCH_KV],
                                                    .lmdb = median[BENCH_LMDB],
                                                    .judged = median[BENCH_LMDB] / median[BENCH_KV],
                                                    .best = fastest[BENCH_LMDB] / fastest[BENCH_KV],
                                                    .target = w->target});
}

/* Every other round the other engine is first. */
static int engine_at(size_t round, int turn)
{
    return round % 2 == 0 ? turn : BENCH_ENGINES - 1 - turn;
}

/* One round before the first that counts warms caches and buffers. */
static void run_read(struct bench_run *run, const struct workload *w, struct pair *pair)
{
    const struct bench_input *input = w->missing ? &pair->fresh : &pair->input;
    size_t last = w->read == BENCH_LIST ? input->count - BENCH_LIST_SIZE - 1 : input->count;
    struct samples samples = samples_make(run->rounds);
    struct bench_job job = {
        .input = input, .count = ops_of(run, w), .renew = w->renew, .missing = w->missing};
    uint32_t *order = bench_alloc(job.count * sizeof(*order));
    uint64_t began;
    size_t round = 0;

    job.order = order;
    began = bench_now_ns();
    for (; round == 0 || goes_on(run, round - 1, began); round++) {
        for (size_t i = 0; i < job.count; i++)
            order[i] = (uint32_t)(bench_random_next(&run->random) % last);
        for (int turn = 0; turn < BENCH_ENGINES; turn++) {
            int e = engine_at(round, turn);
            struct bench_reader *reader = engines[e]->reader_open(pair->stores[e]);
            uint64_t start = bench_now_ns();

            engines[e]->read[w->read](reader, &job);
            if (round > 0)
                samples.values[e][round - 1] =
                    (double)(bench_now_ns() - start) / 1000 / (double)job.count;
            engines[e]->reader_close(reader);
        }
    }
    finish_timed(run, w, &samples, round - 1);
    samples_free(&samples);
    free(order);
}

struct thread {
    pthread_t id;
    const struct bench_engine *engine;
    struct bench_reader *reader;
    enum bench_read read;
    struct bench_job job;
    pthread_barrier_t *start;
    uint64_t began_ns, ended_ns;
};

static void *thread_run(void *arg)
{
    struct thread *thread = arg;

    (void)pthread_barrier_wait(thread->start);
    thread->began_ns = bench_now_ns();
    thread->engine->read[thread->read](thread->reader, &thread->job);
    thread->ended_ns = bench_now_ns();
    return NULL;
}

/* Operations a microsecond of `count` threads, each with job->count of its own. */
static double threads_speed(const struct workload *w, const struct bench_engine *engine,
                            struct bench_store *store, const struct bench_job *job, unsigned count)
{
    struct thread threads[THREADS_MAX];
    pthread_barrier_t start;
    uint64_t began = UINT64_MAX, ended = 0;

    if (pthread_barrier_init(&start, NULL, count) != 0)
        bench_die("no barrier");
    for (unsigned i = 0; i < count; i++) {
        threads[i] = (struct thread){.engine = engine,
                                     .reader = engine->reader_open(store),
                                     .read = w->read,
                                     .job = *job,
                                     .start = &start};
        threads[i].job.order += i * job->count;
        if (pthread_create(&threads[i].id, NULL, thread_run, &threads[i]) != 0)
            bench_die("no thread");
    }
    for (unsigned i = 0; i < count; i++) {
        if (pthread_join(threads[i].id, NULL) != 0)
            bench_die("join");
        began = threads[i].began_ns < began ? threads[i].began_ns : began;
        ended = threads[i].ended_ns > ended ? threads[i].ended_ns : ended;
        engine->reader_close(threads[i].reader);
    }
    (void)pthread_barrier_destroy(&start);
    return (double)(job->count * count) * 1000 / (double)(ended - began);
}

static void run_threads(struct bench_run *run, const struct workload *w, struct pair *pair)
{
    struct samples one = samples_make(run->rounds), two = samples_make(run->rounds);
    struct bench_job job = {.input = &pair->input, .count = ops_of(run, w), .renew = w->renew};
    uint32_t *order = bench_alloc(job.count * THREADS_MAX * sizeof(*order));
    double scaling[BENCH_ENGINES];
    uint64_t began = bench_now_ns();
    size_t rounds = 0;

    job.order = order;
    for (; goes_on(run, rounds, began); rounds++) {
        for (size_t i = 0; i < job.count * THREADS_MAX; i++)
            order[i] = (uint32_t)(bench_random_next(&run->random) % pair->input.count);
        for (int turn = 0; turn < BENCH_ENGINES; turn++) {
            int e = engine_at(rounds, turn);

            one.values[e][rounds] = threads_speed(w, engines[e], pair->stores[e], &job, 1);
            two.values[e][rounds] = threads_speed(w, engines[e], pair->stores[e], &job, 2);
        }
    }
    for (int e = 0; e < BENCH_ENGINES; e++) {
        double speed = report_median(one.values[e], rounds);
        double together = report_median(two.values[e], rounds);

        scaling[e] = together / speed;
        report_value(&run->report, w->name, engines[e]->name, "ops_per_us_1_thread", speed);
        report_value(&run->report, w->name, engines[e]->name, "ops_per_us_2_threads", together);
        report_value(&run->report, w->name, engines[e]->name, "scaling", scaling[e]);
    }
    report_line(&run->report, &(struct report_line){.workload = w->name,
                                                    .unit = "x one",
                                                    .kv = scaling[BENCH_KV],
                                                    .lmdb = scaling[BENCH_LMDB],
                                                    .judged = scaling[BENCH_KV],
                                                    .target = w->target});
    samples_free(&one);
    samples_free(&two);
    free(order);
}

/* Percentiles over all transactions, and the pages they wrote. */
static void finish_transactions(struct bench_run *run, const struct workload *w,
                                struct samples *latency_us, struct samples *pages, size_t count)
{
    double mean[BENCH_ENGINES] = {0};
    char title[40];
    struct report_line line = {.workload = title, .unit = "pages", .at_most = true};

    for (int e = 0; e < BENCH_ENGINES; e++) {
        const char *name = engines[e]->name;

        for (size_t i = 0; i < count; i++)
            mean[e] += pages->values[e][i] / (double)count;
        report_value(&run->report, w->name, name, "us_p50",
                     report_percentile(latency_us->values[e], count, 50));
        report_value(&run->report, w->name, name, "us_p99",
                     report_percentile(latency_us->values[e], count, 99));
        report_value(&run->report, w->name, name, "pages_mean", mean[e]);
        report_value(&run->report, w->name, name, "pages_median",
                     report_median(pages->values[e], count));
    }
    if (w->group > 1)
        return;
    (void)snprintf(title, sizeof(title), "%s-pages", w->name);
    line.target = w->pages_target;
    line.kv = line.judged = mean[BENCH_KV];
    line.lmdb = mean[BENCH_LMDB];
    report_line(&run->report, &line);
}

/* The keys of one round: the next of a shuffled order, so that no key comes twice. */
static void run_write(struct bench_run *run, const struct workload *w, struct pair *pair)
{
    struct bench_input *input = w->fresh ? &pair->fresh : &pair->input;
    size_t ops = ops_of(run, w), transactions = ops / w->group, at = 0;
    size_t all = run->rounds * transactions, round = 0;
    uint64_t began = bench_now_ns();
    uint32_t *order = bench_order_make(&run->random, input->count);
    uint64_t *latency = bench_alloc(transactions * sizeof(*latency));
    uint64_t *pages = bench_alloc(transactions * sizeof(*pages));
    struct samples rounds = samples_make(run->rounds), latencies = samples_make(all);
    struct samples written = samples_make(all);

    for (; goes_on(run, round, began); round++) {
        struct bench_job job = {.input = input,
                                .count = ops,
                                .group = w->group,
                                .ttl_s = w->ttl_s,
                                .salt = pair->salt++,
                                .latency_ns = latency,
                                .pages = pages};

        at = at + ops > input->count ? 0 : at;
        job.order = order + at;
        at += ops;
        for (int turn = 0; turn < BENCH_ENGINES; turn++) {
            int e = engine_at(round, turn);
            double total = 0;

            engines[e]->write(pair->stores[e], &job);
            for (size_t i = 0; i < transactions; i++) {
                latencies.values[e][round * transactions + i] = (double)latency[i] / 1000;
                written.values[e][round * transactions + i] = (double)pages[i];
                total += (double)latency[i] / 1000;
            }
            rounds.values[e][round] = total / (double)transactions;
        }
    }
    if (w->fresh)
        pair->expected += round * ops;
    finish_timed(run, w, &rounds, round);
    finish_transactions(run, w, &latencies, &written, round * transactions);
    samples_free(&rounds);
    samples_free(&latencies);
    samples_free(&written);
    free(order);
    free(latency);
    free(pages);
}

static bool is_wanted(const struct bench_run *run, const struct workload *w, int kind)
{
    return w->store == kind && (run->only == NULL || strstr(w->name, run->only) != NULL);
}

static size_t run_kind(struct bench_run *run, int kind)
{
    struct pair pair;
    size_t done = 0;

    for (size_t i = 0; i < WORKLOADS; i++) {
        const struct workload *w = &workloads[i];

        if (!is_wanted(run, w, kind))
            continue;
        if (done++ == 0)
            pair_open(run, &pair, kind);
        if (w->kind == READ)
            run_read(run, w, &pair);
        else if (w->kind == THREADS)
            run_threads(run, w, &pair);
        else
            run_write(run, w, &pair);
    }
    if (done > 0)
        pair_close(run, &pair);
    return done;
}

size_t bench_workloads_run(struct bench_run *run)
{
    size_t done = 0;

    for (int kind = 0; kind < KINDS; kind++) {
        size_t of_kind = run_kind(run, kind);

        for (int e = 0; of_kind > 0 && e < BENCH_ENGINES; e++) {
            char path[BENCH_PATH_MAX];

            store_path(run, e, path);
            bench_remove(path);
        }
        done += of_kind;
    }
    return done;
}
