#include "workloads.h"

#include "base.h"
#include "pair.h"
#include "report.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_GROUP BENCH_GROUP_MAX
#define SMALL_KEYS 4000 /* Of SMALL: raw LMDB then writes five pages for a put. */
#define ROUNDS_MIN 3    /* However long they take. */
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

#define WORKLOADS BENCH_COUNT(workloads)

void bench_workloads_print(void)
{
    for (size_t i = 0; i < WORKLOADS; i++)
        printf("  %-18s %s\n", workloads[i].name, workloads[i].what);
}

static size_t ops_of(const struct bench_run *run, const struct workload *w)
{
    return run->quick ? w->count_quick : w->count;
}

static void open_pair(struct bench_run *run, struct bench_pair *pair, int kind)
{
    struct bench_pair_plan plan = {.directory = run->directory,
                                   .keys = run->keys,
                                   .ttl_s = kind == EXPIRING ? TTL_S : 0,
                                   .text = kind == TEXT,
                                   .in_order = kind == SMALL};

    if (kind == PLAIN)
        plan.fresh = run->rounds * FRESH_GROUP;
    else if (kind == SMALL)
        plan.keys = SMALL_KEYS;
    else if (run->quick)
        plan.keys = run->keys / 4;
    bench_pair_open(pair, &run->random, &plan);
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
        report_value(&run->report, w->name, bench_engines[e]->name, "us_median", median[e]);
        report_value(&run->report, w->name, bench_engines[e]->name, "us_min", fastest[e]);
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
static void run_read(struct bench_run *run, const struct workload *w, struct bench_pair *pair)
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
            struct bench_reader *reader = bench_engines[e]->reader_open(pair->stores[e]);
            uint64_t start = bench_now_ns();

            bench_engines[e]->read[w->read](reader, &job);
            if (round > 0)
                samples.values[e][round - 1] =
                    (double)(bench_now_ns() - start) / 1000 / (double)job.count;
            bench_engines[e]->reader_close(reader);
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

/* Speeds of one thread and of two, in each round. */
struct speeds {
    struct samples one, two;
};

static void finish_threads(struct bench_run *run, const struct workload *w, struct speeds *speeds,
                           size_t rounds)
{
    double one[BENCH_ENGINES], two[BENCH_ENGINES], scaling[BENCH_ENGINES];

    for (int e = 0; e < BENCH_ENGINES; e++) {
        one[e] = report_median(speeds->one.values[e], rounds);
        two[e] = report_median(speeds->two.values[e], rounds);
        scaling[e] = two[e] / one[e];
        report_value(&run->report, w->name, bench_engines[e]->name, "ops_per_us_1_thread", one[e]);
        report_value(&run->report, w->name, bench_engines[e]->name, "ops_per_us_2_threads", two[e]);
        report_value(&run->report, w->name, bench_engines[e]->name, "scaling", scaling[e]);
    }
    report_value(&run->report, w->name, "libkv/LMDB", "ratio_1_thread",
                 one[BENCH_KV] / one[BENCH_LMDB]);
    report_value(&run->report, w->name, "libkv/LMDB", "ratio_2_threads",
                 two[BENCH_KV] / two[BENCH_LMDB]);
    report_line(&run->report, &(struct report_line){.workload = w->name,
                                                    .unit = "x one",
                                                    .kv = scaling[BENCH_KV],
                                                    .lmdb = scaling[BENCH_LMDB],
                                                    .judged = scaling[BENCH_KV],
                                                    .target = w->target});
}

/* One round before the first that counts warms caches, here too. */
static void run_threads(struct bench_run *run, const struct workload *w, struct bench_pair *pair)
{
    struct speeds speeds = {samples_make(run->rounds), samples_make(run->rounds)};
    struct bench_job job = {.input = &pair->input, .count = ops_of(run, w), .renew = w->renew};
    uint32_t *order = bench_alloc(job.count * THREADS_MAX * sizeof(*order));
    uint64_t began = bench_now_ns();
    size_t round = 0;

    job.order = order;
    for (; round == 0 || goes_on(run, round - 1, began); round++) {
        for (size_t i = 0; i < job.count * THREADS_MAX; i++)
            order[i] = (uint32_t)(bench_random_next(&run->random) % pair->input.count);
        for (int turn = 0; turn < BENCH_ENGINES; turn++) {
            int e = engine_at(round, turn);
            double one = threads_speed(w, bench_engines[e], pair->stores[e], &job, 1);
            double two = threads_speed(w, bench_engines[e], pair->stores[e], &job, 2);

            if (round == 0)
                continue;
            speeds.one.values[e][round - 1] = one;
            speeds.two.values[e][round - 1] = two;
        }
    }
    finish_threads(run, w, &speeds, round - 1);
    samples_free(&speeds.one);
    samples_free(&speeds.two);
    free(order);
}

/* Percentiles over all transactions, and the pages they wrote. Judged is the mean: what a put costs
 * in the long run, dear ones included. */
static void finish_transactions(struct bench_run *run, const struct workload *w,
                                struct samples *latency_us, struct samples *pages, size_t count)
{
    double mean[BENCH_ENGINES] = {0};
    char title[40];
    struct report_line line = {.workload = title, .unit = "pages", .at_most = true};

    for (int e = 0; e < BENCH_ENGINES; e++) {
        const char *name = bench_engines[e]->name;

        for (size_t i = 0; i < count; i++)
            mean[e] += pages->values[e][i] / (double)count;
        if (mean[e] == 0) /* No commit writes nothing: the counting is at fault. */
            bench_die("%s: %s: no page was seen written", w->name, name);
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
static void run_write(struct bench_run *run, const struct workload *w, struct bench_pair *pair)
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
                                .salt = pair->salt++};

        at = at + ops > input->count ? 0 : at;
        job.order = order + at;
        at += ops;
        for (int turn = 0; turn < BENCH_ENGINES; turn++) {
            int e = engine_at(round, turn);
            double total = 0;

            bench_pair_write(pair, e, &job, latency, pages);
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
    struct bench_pair pair;
    size_t done = 0;

    for (size_t i = 0; i < WORKLOADS; i++) {
        const struct workload *w = &workloads[i];

        if (!is_wanted(run, w, kind))
            continue;
        if (done++ == 0)
            open_pair(run, &pair, kind);
        if (w->kind == READ)
            run_read(run, w, &pair);
        else if (w->kind == THREADS)
            run_threads(run, w, &pair);
        else
            run_write(run, w, &pair);
    }
    if (done > 0)
        bench_pair_close(&pair);
    return done;
}

size_t bench_workloads_run(struct bench_run *run)
{
    size_t done = 0;

    for (int kind = 0; kind < KINDS; kind++)
        done += run_kind(run, kind);
    return done;
}
