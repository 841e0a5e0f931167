/**
 * Counters of requests, as Prometheus text. Threads: any (a mutex of its own, held for a look-up in
 * a small table).
 */
#ifndef EDGE_METRICS_H
#define EDGE_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Opaque. */
typedef struct metrics metrics;

/** Levels, as they are at the moment of asking, and totals that others count. */
typedef struct metrics_levels {
    uint64_t connections, connections_accepted, connections_cut;
    uint64_t requests_open, requests_waiting, answer_bytes;
    uint64_t store_opens;
    bool is_healthy;
} metrics_levels;

/** NULL: no memory. */
metrics *metrics_create(void);
/** NULL is fine. */
void metrics_free(metrics *counters);
/** A request is over. action and code are of a bounded set; status 0: the connection was lost. */
void metrics_count(metrics *counters, const char *action, const char *code, int status, uint64_t us,
                   uint64_t bytes_in, uint64_t bytes_out);
/** Write all as Prometheus text. */
void metrics_write(metrics *counters, const metrics_levels *levels, FILE *out);

#endif
