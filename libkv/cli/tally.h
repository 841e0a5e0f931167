/**
 * What became of many keys: how many of each status, with an example key.
 */
#ifndef KVI_CLI_TALLY_H
#define KVI_CLI_TALLY_H

#include "cli/command.h"

#include <stdio.h>

/** Those of one status. */
typedef struct cli_tally_row {
    kv_status status;
    uint64_t count;
    size_t key_size;
    char key[96];       /**< The first one's beginning. */
    uint64_t lines[20]; /**< Where they are in the input, the first ones. */
    size_t line_count;  /**< Of those; 0: it has no lines. */
} cli_tally_row;

/** Start with {0}. */
typedef struct cli_tally {
    cli_tally_row rows[40];
    size_t row_count;
    cli_tally_row unreadable; /**< Files that could not be read; no status. */
    cli_tally_row bad_lines;  /**< Lines that hold no pair; no status. */
    kv_status advised;        /**< What to do about it has been said; KV_OK: of none. */
    uint64_t failed;          /**< Of all rows. */
} cli_tally;

/** Count a key with its status. line: the number of its line; 0: it has none. */
void cli_tally_add(cli_tally *tally, kv_status status, uint64_t line, const void *key,
                   size_t key_size);
/** Count a file that could not be read, by the key that it would have had. */
void cli_tally_add_unreadable(cli_tally *tally, const void *key, size_t key_size);
/** Count a line that holds no pair, by its number and the text that follows it: ": what is wrong".
 */
void cli_tally_add_bad_line(cli_tally *tally, uint64_t number, const char *what);
/** How many keys have this status. */
uint64_t cli_tally_count(const cli_tally *tally, kv_status status);
/** A line for each row; nothing if nothing failed. */
void cli_tally_print(const cli *run, const cli_tally *tally, FILE *out);

#endif
