#include "metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 512 /* Actions times codes that really come; beyond it they are one row. */
#define NAME_MAX_BYTES 64

/* Upper bounds of the histogram's buckets; the last one has none. */
static const struct bound {
    uint64_t us;
    const char *seconds;
} bounds[] = {{100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},
              {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"},
              {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
              {1000000, "1"},   {2500000, "2.5"}, {10000000, "10"}, {UINT64_MAX, "+Inf"}};
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

typedef struct row {
    char action[NAME_MAX_BYTES], code[NAME_MAX_BYTES];
    int status;
    uint64_t count; /* 0: the row is free. */
} row;

struct metrics {
    pthread_mutex_t mutex;
    row rows[ROWS]; /* Open addressing. */
    size_t row_count;
    uint64_t buckets[BOUNDS], us, bytes_in, bytes_out;
};

metrics *metrics_create(void)
{
    metrics *counters = calloc(1, sizeof(*counters));

    if (counters != NULL && pthread_mutex_init(&counters->mutex, NULL) != 0) {
        free(counters);
        return NULL;
    }
    return counters;
}

void metrics_free(metrics *counters)
{
    if (counters == NULL)
        return;
    (void)pthread_mutex_destroy(&counters->mutex);
    free(counters);
}

static size_t hash(const char *action, const char *code, int status)
{
    uint32_t sum = 2166136261u ^ (uint32_t)status;

    for (; *action != '\0'; action++)
        sum = (sum ^ (unsigned char)*action) * 16777619u;
    for (; *code != '\0'; code++)
        sum = (sum ^ (unsigned char)*code) * 16777619u;
    return sum % ROWS;
}

static bool is_row(const row *at, const char *action, const char *code, int status)
{
    return at->status == status && strcmp(at->action, action) == 0 && strcmp(at->code, code) == 0;
}

static row *find(metrics *counters, const char *action, const char *code, int status)
{
    size_t at = hash(action, code, status);
    row *found;

    while (counters->rows[at].count > 0 && !is_row(&counters->rows[at], action, code, status))
        at = (at + 1) % ROWS;
    found = &counters->rows[at];
    if (found->count > 0)
        return found;
    if (counters->row_count >= ROWS - ROWS / 8 && strcmp(action, "other") != 0)
        return find(counters, "other", "", 0);
    counters->row_count++;
    (void)snprintf(found->action, sizeof(found->action), "%s", action);
    (void)snprintf(found->code, sizeof(found->code), "%s", code);
    found->status = status;
    return found;
}

void metrics_count(metrics *counters, const char *action, const char *code, int status, uint64_t us,
                   uint64_t bytes_in, uint64_t bytes_out)
{
    size_t bucket = 0;

    while (us > bounds[bucket].us)
        bucket++;
    (void)pthread_mutex_lock(&counters->mutex);
    find(counters, action, code, status)->count++;
    counters->buckets[bucket]++;
    counters->us += us;
    counters->bytes_in += bytes_in;
    counters->bytes_out += bytes_out;
    (void)pthread_mutex_unlock(&counters->mutex);
}

static void write_one(FILE *out, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    fprintf(out, "# HELP libkv_http_%s %s\n# TYPE libkv_http_%s %s\nlibkv_http_%s %" PRIu64 "\n",
            name, help, name, type, name, value);
}

static void write_requests(const metrics *counters, FILE *out)
{
    fputs("# HELP libkv_http_requests_total Requests answered; status 0: the connection was lost.\n"
          "# TYPE libkv_http_requests_total counter\n",
          out);
    for (size_t i = 0; i < ROWS; i++) {
        const row *at = &counters->rows[i];
        if (at->count > 0)
            fprintf(out,
                    "libkv_http_requests_total{action=\"%s\",status=\"%d\",code=\"%s\"} %" PRIu64
                    "\n",
                    at->action, at->status, at->code, at->count);
    }
}

static void write_times(const metrics *counters, FILE *out)
{
    uint64_t count = 0;

    fputs("# HELP libkv_http_request_seconds From a request's head to the end of its answer.\n"
          "# TYPE libkv_http_request_seconds histogram\n",
          out);
    for (size_t i = 0; i < BOUNDS; i++) {
        count += counters->buckets[i];
        fprintf(out, "libkv_http_request_seconds_bucket{le=\"%s\"} %" PRIu64 "\n",
                bounds[i].seconds, count);
    }
    fprintf(out,
            "libkv_http_request_seconds_sum %.6f\nlibkv_http_request_seconds_count %" PRIu64 "\n",
            (double)counters->us / 1e6, count);
}

void metrics_write(metrics *counters, const metrics_levels *levels, FILE *out)
{
    (void)pthread_mutex_lock(&counters->mutex);
    write_requests(counters, out);
    write_times(counters, out);
    write_one(out, "body_bytes_in_total", "counter", "Bytes of request bodies.",
              counters->bytes_in);
    write_one(out, "body_bytes_out_total", "counter", "Bytes of answer bodies.",
              counters->bytes_out);
    (void)pthread_mutex_unlock(&counters->mutex);
    write_one(out, "connections", "gauge", "Connections at present.", levels->connections);
    write_one(out, "connections_total", "counter", "Connections accepted.",
              levels->connections_accepted);
    write_one(out, "connections_cut_total", "counter",
              "Connections cut because a request or its answer took too long.",
              levels->connections_cut);
    write_one(out, "requests_open", "gauge",
              "Requests between their head and the end of their answer.", levels->requests_open);
    write_one(out, "requests_waiting", "gauge", "Complete requests that wait for a worker.",
              levels->requests_waiting);
    write_one(out, "answer_bytes", "gauge", "Bytes of answers on their way out.",
              levels->answer_bytes);
    write_one(out, "store_opens_total", "counter", "Times the store was opened.",
              levels->store_opens);
    write_one(out, "healthy", "gauge", "1: the store is open and serves its path.",
              (uint64_t)levels->is_healthy);
}
