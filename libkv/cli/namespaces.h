/** Making namespaces, for other subcommands too. */
#ifndef KVI_CLI_NAMESPACES_H
#define KVI_CLI_NAMESPACES_H

#include "cli/command.h"

/** Make a namespace. description NULL, capacity 0: as the store makes them. An exit status. */
int cli_namespace_make(cli *run, const char *name, const char *description, uint64_t capacity,
                       kv_ns *out);
/** The same, and say so. */
int cli_namespace_create(cli *run, const char *name, const char *description, uint64_t capacity,
                         kv_ns *out);

#endif
