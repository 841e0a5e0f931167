/* What every part needs: the clock, memory, and an end when something fails. */
#ifndef BENCH_BASE_H
#define BENCH_BASE_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_PATH_MAX 512

/* How many items an array has. */
#define BENCH_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Say why and stop. */
void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t bench_now_ns(void);
/* malloc that does not fail. */
void *bench_alloc(size_t size);
/* Remove a directory and what it holds. What is not there is fine. */
void bench_remove(const char *path);

#endif
