/* Results: lines "workload engine metric value" in a file, and a table with the targets. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct report {
    FILE *out; /* The file, or NULL. */
    bool titled;
};

/* What the figures depend on: the machine, the file system under `directory`, the versions. */
void report_machine(struct report *report, const char *directory);
void report_text(struct report *report, const char *workload, const char *metric,
                 const char *value);
void report_value(struct report *report, const char *workload, const char *engine,
                  const char *metric, double value);

/* A line of the table. */
struct report_line {
    const char *workload, *unit;
    double kv, lmdb; /* Medians. */
    double judged;   /* What the target is about: a ratio, or libkv's figure. */
    double best;     /* The ratio of the fastest rounds; 0: none. */
    double target;   /* 0: none. */
    bool at_most;    /* The target is an upper bound. */
};
void report_line(struct report *report, const struct report_line *line);

/* Sorts the values. */
double report_median(double *values, size_t count);
double report_percentile(double *values, size_t count, unsigned percent);

#endif
