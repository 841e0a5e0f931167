/**
 * Threads that do what may block: the loops that serve connections only queue it here.
 */
#ifndef EDGE_WORKERS_H
#define EDGE_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

/** Threads and their queue. Opaque. */
typedef struct workers workers;

/** A piece of work lies in what it works on. */
typedef struct job {
    struct job *next;
    void (*run)(struct job *self); /**< May release the job's memory. */
} job;

/** NULL: no memory, or no threads. */
workers *workers_begin(size_t count);
/** In order. The job must stay until it has run. false: they are ending, do it yourself. */
bool workers_add(workers *all, job *work);
/** Jobs that wait, not those that run. */
size_t workers_waiting(workers *all);
/** Take no more, run what waits, then end the threads. */
void workers_stop(workers *all);
/** Stop, and release the memory: nobody may add any more. NULL is fine. */
void workers_end(workers *all);

#endif
