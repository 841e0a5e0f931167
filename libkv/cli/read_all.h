/** All live keys of a namespace, or of all namespaces, as of one moment: what export and digest
 * read. Damaged keys are left out, counted and reported. */
#ifndef KVI_CLI_READ_ALL_H
#define KVI_CLI_READ_ALL_H

#include "cli/command.h"
#include "cli/progress.h"

/** One run. Start with run and ctx, else zeros. */
typedef struct cli_read_all {
    cli *run;
    void *ctx;                      /**< The caller's. */
    const char *prefix;             /**< Only keys that begin with it; NULL: all. */
    bool is_all;                    /**< All namespaces. */
    uint64_t met, met_bytes, total; /**< Rows, their bytes, and the rows that are counted on. */
    uint64_t damaged;
    kv_status damage; /**< Of the first damaged key. */
    cli_progress progress;
} cli_read_all;

/** What to do with a namespace: CLI_DONE continues. */
typedef int (*cli_read_all_namespace)(cli_read_all *all, const kv_namespace_info *info);
/** What to do with a live key: CLI_DONE continues. */
typedef int (*cli_read_all_visit)(cli_read_all *all, const kv_entry *entry);

/** Take the options --prefix ('p') and --all ('a'), and NS unless all: *name_out, NULL for all.
 * false: stop with run->exit_code. */
bool cli_read_all_take(cli_read_all *all, const struct option *options, const char **name_out);
/** Open the store, and call `each` for the namespace of that name, or for all (NULL). An exit
 * status.
 */
int cli_read_all_run(cli_read_all *all, const char *name, cli_read_all_namespace each);
/** Call `visit` for each live key of a namespace. An exit status. */
int cli_read_all_keys(cli_read_all *all, const kv_namespace_info *info, cli_read_all_visit visit);

#endif
