/**
 * Writing many pairs: gathered into batches, counted, told of on a terminal.
 *
 * A batch is at most 10,000 pairs or 2 MB; a larger pair goes alone. Functions that return int
 * give an exit status: faults of single keys are no reason to stop, they go to the tally.
 */
#ifndef KVI_CLI_LOADER_H
#define KVI_CLI_LOADER_H

#include "cli/command.h"
#include "cli/tally.h"

#include "edge/kvlist.h"

/** One import. Begin with cli_loader_start(). */
typedef struct cli_loader {
    cli *run;
    kv_ns ns;
    kv_write_options options;
    kvi_kvlist list;
    kv_verdict *verdicts; /**< Of a full batch. */
    cli_tally tally;
    uint64_t written, given, stored;
    bool ignores_expired;  /**< A key whose deadline comes before it is written is no failure. */
    double started, shown; /**< Seconds of a clock that only goes forward. */
    bool is_terminal;
    uint64_t input_total; /**< Bytes of the input, 0: unknown. */
    uint64_t input_done;  /**< Set by the reader, for the percentage. */
} cli_loader;

/** Begin. value_size_max 0: the default. End with cli_loader_free(), whatever is returned. */
int cli_loader_start(cli_loader *loader, cli *run, kv_ns ns, uint64_t value_size_max);
/** Add the pair of a line of NDJSON. CLI_REFUSED if it is not one: *error says why. */
int cli_loader_add_line(cli_loader *loader, const char *line, size_t size, kvi_kvlist_error *error);
/** Add a put; all of it is copied. */
int cli_loader_add_put(cli_loader *loader, const kv_op *put);
/** Add a pair; both are copied. */
int cli_loader_add_pair(cli_loader *loader, const char *key, const void *value, size_t value_size);
/** Write what is gathered. */
int cli_loader_flush(cli_loader *loader);
/** Say on stdout what became of it all. */
void cli_loader_summary(const cli_loader *loader);
/** Release what it holds; what is gathered is not written. */
void cli_loader_free(cli_loader *loader);

#endif
