/**
 * Sums of keys by what they begin with, and the largest keys. Knows no run of the command.
 */
#ifndef KVI_CLI_DU_SUM_H
#define KVI_CLI_DU_SUM_H

#include "kv.h"

/** No key has more '/'. */
#define CLI_DU_DEPTH_MAX KV_KEY_SIZE_MAX

/** A prefix, or a key, and what it takes. */
typedef struct cli_du_row {
    char *name; /**< Owned by the sum; name_size bytes. */
    size_t name_size;
    uint64_t keys;
    uint64_t bytes;  /**< Of keys, values and metadata: what counts against the capacity. */
    uint64_t stored; /**< Of values as stored. */
} cli_du_row;

/** Start with prefix, depth and top_max set and the rest 0; end with cli_du_free(). */
typedef struct cli_du_sum {
    kv_slice prefix;  /**< Which all keys have; borrowed. */
    uint64_t depth;   /**< Levels of '/' behind it that have rows. */
    size_t top_max;   /**< How many of the largest keys. */
    cli_du_row *rows; /**< The first is of all keys. */
    size_t row_count, row_capacity;
    size_t open[CLI_DU_DEPTH_MAX + 1]; /**< Rows of the prefixes of the last key, by depth. */
    size_t open_count;
    cli_du_row *top; /**< The largest keys, largest first. */
    size_t top_count;
} cli_du_sum;

/** Make the first row. Returns KV_OK; KV_NO_MEMORY. */
kv_status cli_du_begin(cli_du_sum *sum);
/** Add a key; they come in byte order. Returns KV_OK; KV_NO_MEMORY. */
kv_status cli_du_add(cli_du_sum *sum, const kv_entry *entry);
/** Sort the rows behind the first: most bytes first. Nothing can be added then. */
void cli_du_sort(cli_du_sum *sum);
/** Release everything. */
void cli_du_free(cli_du_sum *sum);

#endif
