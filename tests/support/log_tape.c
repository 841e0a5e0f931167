#include "support/log_tape.h"

#include <stdio.h>
#include <string.h>

static void tape_hook(void *ctx, int level, kv_status status, const char *message,
                      size_t message_size)
{
    struct log_tape *tape = ctx;
    int at = atomic_fetch_add(&tape->count, 1);

    if (tape->also != NULL)
        tape->also();
    if (at >= LOG_TAPE_MAX)
        return;
    tape->events[at].level = level;
    tape->events[at].status = status;
    (void)snprintf(tape->events[at].text, sizeof(tape->events[at].text), "%.*s", (int)message_size,
                   message);
}

void log_tape_attach(struct log_tape *tape, kv_options *options)
{
    options->log = tape_hook;
    options->log_ctx = tape;
}

int log_tape_count(const struct log_tape *tape, int level, kv_status status, const char *text)
{
    int found = 0;

    for (int i = 0; i < tape->count && i < LOG_TAPE_MAX; i++)
        found += tape->events[i].level == level && tape->events[i].status == status &&
                 strstr(tape->events[i].text, text) != NULL;
    return found;
}
