/**
 * Writing many pairs: gathered into batches, counted, told of on a terminal.
 *
 * A batch is at most 10,000 pairs or 2 MB; a larger pair goes alone. Functions that return int
 * give an exit status: faults of single keys are no reason to stop, they go to the tally. But where
 * nothing goes in any more, because the namespace, the store or the disk is full, the loader stops.
 */
#ifndef KVI_CLI_LOADER_H
#define KVI_CLI_LOADER_H

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/tally.h"

#include "edge/kvlist.h"

/** One import. Begin with cli_loader_start(). */
typedef struct cli_loader {
    cli *run;
    kv_ns ns; /**< 0: none yet. */
    kv_write_options options;
    const char *prefix; /**< Take only keys that begin with it; NULL: all. */
    kvi_kvlist list;
    kv_verdict *verdicts; /**< Of a full batch. */
    uint64_t *lines;      /**< Of the pairs that are gathered; 0: it has none. */
    cli_tally tally;
    uint64_t written, given, stored;
    uint64_t left_out;                       /**< Keys without the prefix. */
    uint64_t refused_batches, refused_count; /**< In a row, for want of room; and their keys. */
    cli_progress progress;
    bool ignores_expired; /**< A key whose deadline comes before it is written is no failure. */
    uint64_t input_total; /**< Bytes of the input, 0: unknown. */
    uint64_t input_done;  /**< Set by the reader of lines: bytes up to the end of the last. */
    uint64_t input_line;  /**< And its number; 0: there are no lines. */
} cli_loader;

/** Begin. value_size_max 0: the default. End with cli_loader_free(), whatever is returned. */
int cli_loader_start(cli_loader *loader, cli *run, uint64_t value_size_max);
/** Write what is gathered; what is added from here on goes to this namespace. */
int cli_loader_enter(cli_loader *loader, kv_ns ns);
/** Whether a key has the prefix; one that has not is counted as left out. */
bool cli_loader_takes(cli_loader *loader, const char *key, size_t key_size);
/** Add the pair of a line of NDJSON. CLI_REFUSED if it is not one: *error says why, else its
 * message is empty. */
int cli_loader_add_line(cli_loader *loader, const char *line, size_t size, kvi_kvlist_error *error);
/** Add a put; all of it is copied. */
int cli_loader_add_put(cli_loader *loader, const kv_op *put);
/** Add a pair; both are copied. */
int cli_loader_add_pair(cli_loader *loader, const char *key, const void *value, size_t value_size);
/** Write what is gathered, at the end. */
int cli_loader_finish(cli_loader *loader);
/** Bytes of a place. */
#define CLI_PLACE_SIZE (KV_KEY_SIZE_MAX + 16)
/** How far the input was read: "line 7, byte 120 of 4,000", or the key that was added last. */
const char *cli_loader_place(const cli_loader *loader, char out[CLI_PLACE_SIZE]);
/** Say on stdout what became of it all. */
void cli_loader_summary(cli_loader *loader);
/** Release what it holds; what is gathered is not written. */
void cli_loader_free(cli_loader *loader);

#endif
