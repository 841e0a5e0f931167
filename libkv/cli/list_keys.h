/** Printing the keys of a namespace: what list and search do. */
#ifndef KVI_CLI_LIST_KEYS_H
#define KVI_CLI_LIST_KEYS_H

#include "cli/command.h"

#include "edge/json_write.h"

/** Which keys, and how they are printed. */
typedef struct cli_list_wish {
    kv_list_options options;
    const char *pattern; /**< search: what keys match; NULL: any. */
    int pattern_flags;   /**< Of fnmatch(). */
    uint64_t limit;
    uint64_t shown;
    bool is_long, is_json, is_terminal;
    kvi_json_writer text; /**< Of an entry as JSON. */
} cli_list_wish;

/** Print them; wish->shown is how many there were. An exit status. */
int cli_list_keys(cli *run, const char *name, cli_list_wish *wish);

#endif
