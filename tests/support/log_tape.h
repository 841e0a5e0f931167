/* A log hook that remembers what it was told. */
#ifndef SUPPORT_LOG_TAPE_H
#define SUPPORT_LOG_TAPE_H

#include "kv.h"

#include <stdatomic.h>

#define LOG_TAPE_MAX 16

struct log_tape {
    _Atomic int count; /* Calls; the first LOG_TAPE_MAX are kept. */
    struct log_event {
        int level;
        kv_status status;
        char text[256];
    } events[LOG_TAPE_MAX];
    void (*also)(void); /* Called by each, if not NULL. */
};

/** Have `options` tell the tape. */
void log_tape_attach(struct log_tape *tape, kv_options *options);
/** How many events of that level and status have that text in them. */
int log_tape_count(const struct log_tape *tape, int level, kv_status status, const char *text);

#endif
