/**
 * A line of progress on the terminal, written over and over. Nothing is shown where standard error
 * is no terminal.
 */
#ifndef KVI_CLI_PROGRESS_H
#define KVI_CLI_PROGRESS_H

#include "cli/command.h"

/** One long run. */
typedef struct cli_progress {
    cli *run;
    double started, shown; /**< Seconds of a clock that only goes forward. */
} cli_progress;

/** Begin. From here on messages of the run clear the line first. is_shown false: only the time
 *  counts. */
void cli_progress_start(cli_progress *progress, cli *run, bool is_shown);
/** Seconds since the beginning. */
double cli_progress_seconds(const cli_progress *progress);
/** Show how far it is, ten times a second at most: keys, their bytes, and the share of `total` that
 *  is done; total 0: unknown. */
void cli_progress_show(cli_progress *progress, uint64_t keys, uint64_t bytes, uint64_t done,
                       uint64_t total);
/** Clear the line, for good. */
void cli_progress_end(cli_progress *progress);

#endif
