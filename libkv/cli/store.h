/**
 * Opening the store for one run of the command.
 *
 * Functions that return int give an exit status: CLI_DONE, or another one after a message that
 * says what to do.
 */
#ifndef KVI_CLI_STORE_H
#define KVI_CLI_STORE_H

#include "cli/command.h"

/** Open for reading; a sealed store too. */
int cli_open_read(cli *run);
/** Open for writing. */
int cli_open_write(cli *run);
/** Open for reading, begin run->snapshot and look a namespace up in it. */
int cli_open_read_namespace(cli *run, const char *name, kv_ns *out);
/** Open for writing and look a namespace up; the snapshot is ended again. */
int cli_open_write_namespace(cli *run, const char *name, kv_ns *out);
/** End the snapshot, if any, and begin one. */
int cli_snapshot(cli *run);
/** Make a store; CLI_REFUSED if there is one. With run->file_mode the directory gets it too, if it
 *  was there before. */
int cli_create(cli *run, const kv_settings *settings);
/** Whether no store was named; then a message has said so. */
bool cli_store_is_unnamed(cli *run);
/** Why the store could not be opened: a message, and the exit status. what: "open the store". */
int cli_open_failed(const cli *run, const char *what, kv_status status, const kv_error *error);
/** Give the files of the open store these permissions. */
int cli_set_file_mode(cli *run, uint32_t file_mode);
/** Close the store, and open it if it is sealed: whether it is. */
bool cli_find_sealed(cli *run);
/** Release the store and the snapshot. */
void cli_close(cli *run);

/** cli_failed() for a write, with whether it took effect. Where that is not known the store is
 * opened anew and asked by the report's token. */
__attribute__((format(printf, 4, 5))) int
cli_write_failed(cli *run, kv_status status, const kv_report *report, const char *format, ...);

#endif
