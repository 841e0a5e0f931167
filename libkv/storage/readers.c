#include "storage/readers.h"

#include "storage/handles.h"

#include <stdlib.h>

uint32_t kvi_readers_clear(kvi_env *env)
{
    int dead = 0;

    return mdb_reader_check(env->env, &dead) == 0 && dead > 0 ? (uint32_t)dead : 0;
}

/* A line of mdb_reader_list(): "pid thread txnid", the last a dash for an idle slot. */
static int reader_line(const char *line, void *ctx)
{
    kvi_reader *oldest = ctx, reader;
    char *end = NULL;

    reader.process = strtoull(line, &end, 10);
    (void)strtoull(end, &end, 16);
    line = end;
    reader.transaction = strtoull(line, &end, 10);
    /* The heading and idle slots have no number there. */
    if (end != line && reader.transaction < oldest->transaction)
        *oldest = reader;
    return 0;
}

kvi_reader kvi_readers_oldest(const kvi_env *env)
{
    kvi_reader oldest = {.transaction = kvi_env_transaction(env)};

    (void)mdb_reader_list(env->env, reader_line, &oldest);
    return oldest;
}
