/* kv-bench: libkv beside raw LMDB. See README.md. */
#include "base.h"
#include "input.h"
#include "report.h"
#include "workloads.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STORES "kv-bench-stores"
#define KEYS_DEFAULT 200000
#define KEYS_QUICK 100000
#define KEYS_MIN 20000 /* Of which a list and the batches of a round take a part. */
#define KEYS_MAX 10000000
#define ROUNDS_DEFAULT 11
#define ROUNDS_QUICK 5
#define ROUNDS_MAX 100
#define SHARE_NS UINT64_C(20000000000) /* A workload's time, set-up apart. */
#define SHARE_QUICK_NS UINT64_C(1200000000)

/* Where the stores are; removed at exit, also after a failure. */
static char stores[BENCH_PATH_MAX];

static void remove_stores(void)
{
    bench_remove(stores);
}

static void help(void)
{
    printf("Usage: kv-bench [OPTION]...\n"
           "Measure libkv beside raw LMDB on the same keys, values and durability.\n\n"
           "  --output FILE  write \"workload engine metric value\" lines, tab-separated\n"
           "  --dir DIR      make the stores in there, on the disk to be measured\n"
           "                 (default: where FILE is, else build/bench)\n"
           "  --quick        smaller stores, fewer operations and rounds\n"
           "  --only NAME    only workloads whose name contains NAME\n"
           "  --keys N       keys in a store (default %d, quick %d; %d to %d)\n"
           "  --rounds N     rounds of each engine (default %d, quick %d)\n"
           "  --seed N       of everything random (default 1)\n"
           "  --help\n\nWorkloads:\n",
           KEYS_DEFAULT, KEYS_QUICK, KEYS_MIN, KEYS_MAX, ROUNDS_DEFAULT, ROUNDS_QUICK);
    bench_workloads_print();
}

static uint64_t number(const char *text, uint64_t low, uint64_t high)
{
    char *end;
    uintmax_t value;

    errno = 0;
    value = strtoumax(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < low || value > high)
        bench_die("%s is not a number from %" PRIu64 " to %" PRIu64, text, low, high);
    return value;
}

struct arguments {
    const char *output, *directory;
    uint64_t seed;
};

static void take_arguments(int argc, char **argv, struct arguments *arguments,
                           struct bench_run *run)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"quick", no_argument, NULL, 'q'},
                                            {"only", required_argument, NULL, 'y'},
                                            {"keys", required_argument, NULL, 'k'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            arguments->output = optarg;
            break;
        case 'd':
            arguments->directory = optarg;
            break;
        case 'q':
            run->quick = true;
            break;
        case 'y':
            run->only = optarg;
            break;
        case 'k':
            run->keys = number(optarg, KEYS_MIN, KEYS_MAX);
            break;
        case 'r':
            run->rounds = number(optarg, 1, ROUNDS_MAX);
            break;
        case 's':
            arguments->seed = number(optarg, 0, UINT64_MAX);
            break;
        case 'h':
            help();
            exit(0);
        default:
            exit(64);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "kv-bench: %s? See --help.\n", argv[optind]);
        exit(64);
    }
}

/* A directory of our own for the stores. What a killed run left there goes first. */
static void make_stores(const struct arguments *arguments)
{
    const char *slash = arguments->output == NULL ? NULL : strrchr(arguments->output, '/');
    int used;

    if (arguments->directory != NULL)
        used = snprintf(stores, sizeof(stores), "%s/" STORES, arguments->directory);
    else if (arguments->output == NULL)
        used = snprintf(stores, sizeof(stores), "build/bench/" STORES);
    else
        used =
            snprintf(stores, sizeof(stores), "%.*s" STORES,
                     slash == NULL ? 0 : (int)(slash - arguments->output) + 1, arguments->output);
    if (used < 0 || used >= (int)sizeof(stores))
        bench_die("the directory's name is too long");
    bench_remove(stores);
    if (mkdir(stores, 0700) != 0)
        bench_die("%s: %s", stores, strerror(errno));
    if (atexit(remove_stores) != 0)
        bench_die("atexit");
}

static void say_run(struct bench_run *run, uint64_t seed)
{
    char text[160];

    (void)snprintf(text, sizeof(text),
                   "%zu keys of %d bytes, values of %d, %zu rounds, seed %" PRIu64 "%s", run->keys,
                   BENCH_KEY_SIZE, BENCH_VALUE_SIZE, run->rounds, seed,
                   run->quick ? ", quick" : "");
    report_text(&run->report, "run", "set-up", text);
    report_text(&run->report, "run", "durability",
                "each commit synced: libkv KV_SYNC_FULL, LMDB without flags");
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.seed = 1};
    struct bench_run run = {0};
    size_t done;

    take_arguments(argc, argv, &arguments, &run);
    if (run.rounds == 0)
        run.rounds = run.quick ? ROUNDS_QUICK : ROUNDS_DEFAULT;
    if (run.keys == 0)
        run.keys = run.quick ? KEYS_QUICK : KEYS_DEFAULT;
    run.share_ns = run.quick ? SHARE_QUICK_NS : SHARE_NS;
    run.random.state = arguments.seed;
    make_stores(&arguments);
    run.directory = stores;
    if (arguments.output != NULL) {
        run.report.out = fopen(arguments.output, "w");
        if (run.report.out == NULL)
            bench_die("%s: %s", arguments.output, strerror(errno));
        fputs("workload\tengine\tmetric\tvalue\n", run.report.out);
    }
    report_machine(&run.report, stores);
    say_run(&run, arguments.seed);
    done = bench_workloads_run(&run);
    if (done == 0)
        bench_die("no workload is called that; see --help");
    printf("\nMedians of at most %zu rounds, microseconds an operation unless a unit says "
           "otherwise; a "
           "write is one transaction.\nratio: LMDB's time by libkv's, of medians, and of the "
           "fastest rounds; above 1 libkv is the faster.\nPages are libkv's and LMDB's "
           "means, judged by libkv's. get-2-threads: each engine's speed with two threads by that\n"
           "with one, judged by libkv's; the ratio of their speeds is in the results.\n",
           run.rounds);
    if (run.report.out != NULL && fclose(run.report.out) != 0)
        bench_die("%s: %s", arguments.output, strerror(errno));
    return 0;
}
