/** Making namespaces, for other subcommands too. */
#ifndef KVI_CLI_NAMESPACES_H
#define KVI_CLI_NAMESPACES_H

#include "cli/command.h"

/** Make a namespace and say so; capacity 0: the store's default; description may be NULL. An exit
 *  status. */
int cli_namespace_make(cli *run, const char *name, const char *description, uint64_t capacity,
                       kv_ns *out);

#endif
