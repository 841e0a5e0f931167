/** One run of import, and the two kinds of input that it reads. */
#ifndef KVI_CLI_IMPORT_H
#define KVI_CLI_IMPORT_H

#include "cli/loader.h"

/** What is wanted, and how far it is. */
typedef struct cli_import {
    cli *run;
    char *path;       /**< "-" is standard input. */
    bool is_all;      /**< A dump of a whole store. */
    bool keeps_going; /**< Count a bad line instead of stopping there. */
    bool may_escape;  /**< Of a directory: names that no key can have get percent-escapes. */
    cli_loader loader;
    uint64_t namespaces; /**< Of the dump so far. */
    uint64_t made;       /**< Of those, the ones that were not there. */
    uint64_t skipped;    /**< Links and special files. */
} cli_import;

/** Import lines of NDJSON. An exit status; what is gathered last is not written yet. */
int cli_import_lines(cli_import *import);
/** Import the files of a directory. Likewise. Shortens import->path by its slashes. */
int cli_import_tree(cli_import *import);

#endif
