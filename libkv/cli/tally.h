/*
 * What became of many keys: how many of each status, with an example key.
 */
#ifndef KVI_CLI_TALLY_H
#define KVI_CLI_TALLY_H

#include "kv.h"

#include <stdio.h>

/* Start with {0}. */
typedef struct cli_tally {
    struct {
        kv_status status; /* CLI_TALLY_UNREADABLE: a file that could not be read. */
        uint64_t count;
        size_t key_size;
        char key[96]; /* The first one's beginning. */
    } rows[40];
    size_t row_count;
    uint64_t failed;
} cli_tally;

#define CLI_TALLY_UNREADABLE (-1)

void cli_tally_add(cli_tally *tally, kv_status status, const void *key, size_t key_size);
/* A line for each status; nothing if nothing failed. */
void cli_tally_print(const cli_tally *tally, FILE *out);

#endif
