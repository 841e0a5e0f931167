/*
 * Opening the store for one run of the command, and saying what went wrong.
 *
 * Functions that return int give an exit status: CLI_DONE, or another one after a message that
 * says what to do.
 */
#ifndef KVI_CLI_STORE_H
#define KVI_CLI_STORE_H

#include "cli/command.h"

/* Open for reading (a sealed store too), or for writing. */
int cli_open_read(cli *run);
int cli_open_write(cli *run);
/* Also begin run->snapshot and look a namespace up in it. */
int cli_open_read_namespace(cli *run, const char *name, kv_ns *out);
/* The same for writing; the snapshot is ended again. */
int cli_open_write_namespace(cli *run, const char *name, kv_ns *out);
/* End the snapshot, if any, and begin one. */
int cli_snapshot(cli *run);
/* Make a store; CLI_REFUSED if there is one. */
int cli_create(cli *run, const kv_settings *settings);
/* Release the store and the snapshot. */
void cli_close(cli *run);

/* Exit status of a kv_status, without a message. */
int cli_exit_code(kv_status status);
/* The same with the message "kv put: WHAT: why; what to do". */
__attribute__((format(printf, 3, 4))) int cli_failed(const cli *run, kv_status status,
                                                     const char *format, ...);
/* What to do about a status, or "". */
const char *cli_advice(kv_status status);

/* SIGINT: asks a long run to stop between steps instead of dying. */
void cli_stop_on_interrupt(void);
int cli_interrupted(void);

#endif
