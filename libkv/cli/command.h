/**
 * The `kv` command: what its parts share.
 *
 * A subcommand is a row of a table: its name, how it is called, what it says of itself, and a
 * function. Each file of subcommands ends with its table, and main.c knows the tables. The
 * command's own names begin with cli_, so that none can be taken for the library's; it stands on
 * kv.h and edge/kvlist.h alone.
 */
#ifndef KVI_CLI_COMMAND_H
#define KVI_CLI_COMMAND_H

#include "kv.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>

/** Exit statuses: documented in kv(1), do not renumber. */
enum {
    CLI_DONE = 0,
    CLI_ABSENT =
        1, /**< The key (for ns show, drop, capacity, rename, copy: the namespace) is not there. */
    CLI_SOME_FAILED = 2,  /**< Some keys failed; the others are done. */
    CLI_REFUSED = 3,      /**< The request was refused; nothing was done. */
    CLI_STORE_FAILED = 4, /**< The store, a file or the output failed. */
    CLI_USAGE = 64
};

/** One run of the command: below. */
typedef struct cli cli;

/** A row of a table of subcommands. */
typedef struct cli_command {
    const char *name;    /**< "put", or two words: "ns create". NULL ends a table. */
    const char *usage;   /**< What follows the name. */
    const char *summary; /**< One line, for `kv help`. */
    const char *help;    /**< Options, rules and an example. */
    int (*run)(cli *run);
} cli_command;

/** One run of the command. */
struct cli {
    const char *store; /**< --store or KV_STORE; NULL: not said. */
    const cli_command *command;
    char title[32]; /**< "kv put": begins every message. */
    int argc;       /**< Of the subcommand, argv[0] being the title. */
    char **argv;
    int exit_code;         /**< Why cli_option() or cli_arguments() said stop. */
    bool has_no_namespace; /**< The namespace looked for is not there. */
    bool is_read_only;     /**< --read-only: refuse what would write. */
    bool is_timeless;      /**< Open with a clock for which nothing is expired yet. */
    uint32_t file_mode;    /**< Of files that are made; 0: the library's default. */
    bool is_sealed;        /**< cli_open_read() found a sealed store. */
    bool has_progress;     /**< A line of progress is on the terminal: cli/progress.h. */
    kv_db *db;
    kv_snapshot *snapshot;
};

/** Clears the line of progress. */
#define CLI_PROGRESS_CLEAR "\r\033[K"

/** Every subcommand takes these: end its options with them. */
enum { CLI_OPTION_STORE = 256, CLI_OPTION_HELP = 257, CLI_OPTION_READ_ONLY = 258 };
/** The end of every table of options. */
#define CLI_OPTIONS_COMMON                                                                         \
    {"store", required_argument, NULL, CLI_OPTION_STORE},                                          \
        {"read-only", no_argument, NULL, CLI_OPTION_READ_ONLY},                                    \
        {"help", no_argument, NULL, CLI_OPTION_HELP},                                              \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

/** The next option's value, -1 behind the last, '?' to stop with run->exit_code. */
int cli_option(cli *run, const struct option *options);
/** The same where some options have a letter too: `letters` as getopt() takes them. */
int cli_option_or_letter(cli *run, const struct option *options, const char *letters);
/** The arguments left after the options, if there are min to max of them; else NULL, with
 * run->exit_code set. *count_out may be NULL. */
char **cli_arguments(cli *run, int min, int max, int *count_out);
/** For subcommands without options: both of the above. */
char **cli_only_arguments(cli *run, int min, int max, int *count_out);
/** For subcommands with `count` arguments whose one option is --json. */
char **cli_json_arguments(cli *run, int count, bool *is_json_out);

/** Options' values. 0, or '?' after a message, with run->exit_code set. */
int cli_take_size(cli *run, const char *name, uint64_t *out);
/** A time span in seconds. */
int cli_take_duration(cli *run, const char *name, int64_t *out);
/** A time in Unix seconds. */
int cli_take_time(cli *run, const char *name, int64_t *out);
/** A whole number. */
int cli_take_number(cli *run, const char *name, uint64_t *out);
/** Permissions of files, in octal, that have all of `needed`. */
int cli_take_mode(cli *run, const char *name, uint32_t needed, uint32_t *out);

/** "kv put: ..." on stderr. Returns CLI_USAGE, and says where help is. */
__attribute__((format(printf, 2, 3))) int cli_usage(cli *run, const char *format, ...);
/** "kv put: ..." on stderr. What cannot be printed is shown as \xNN, line feeds apart. */
__attribute__((format(printf, 2, 3))) void cli_message(const cli *run, const char *format, ...);

/** The same with a list of arguments. */
void cli_vmessage(const cli *run, const char *format, va_list arguments);

/** Print all about a subcommand. */
void cli_help(const cli_command *command);

/* The tables of subcommands; a row without a name ends each. */

/** init, settings, sweep, seal. */
extern const cli_command cli_store_commands[];
/** check. */
extern const cli_command cli_check_commands[];
/** ns ... */
extern const cli_command cli_namespace_commands[];
/** ns copy. */
extern const cli_command cli_copy_commands[];
/** put, touch, add. */
extern const cli_command cli_key_commands[];
/** get, show. */
extern const cli_command cli_get_commands[];
/** edit. */
extern const cli_command cli_edit_commands[];
/** del. */
extern const cli_command cli_delete_commands[];
/** list, count. */
extern const cli_command cli_list_commands[];
/** search. */
extern const cli_command cli_search_commands[];
/** du. */
extern const cli_command cli_du_commands[];
/** batch-put, batch-del. */
extern const cli_command cli_batch_commands[];
/** import. */
extern const cli_command cli_import_commands[];
/** export. */
extern const cli_command cli_export_commands[];
/** digest. */
extern const cli_command cli_digest_commands[];
/** changes. */
extern const cli_command cli_change_commands[];
/** stat. */
extern const cli_command cli_stat_commands[];

#endif
