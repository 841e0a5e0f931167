/* The named workloads, run on pairs of stores: one of each engine, with the same keys. */
#ifndef BENCH_WORKLOADS_H
#define BENCH_WORKLOADS_H

#include "input.h"
#include "report.h"

struct bench_run {
    struct report report;
    struct bench_random random;
    const char *directory; /* Where the stores are made. Empty, and empty again at the end. */
    const char *only;      /* Run the workloads whose name contains this; NULL: all. */
    size_t keys;           /* Of a store. */
    size_t rounds;         /* At most. */
    uint64_t share_ns;     /* Of time for a workload's rounds; some are run in any case. */
    bool quick;
};

/* Run them; the count of those run. */
size_t bench_workloads_run(struct bench_run *run);
/* Names and what they are, one a line. */
void bench_workloads_print(void);

#endif
