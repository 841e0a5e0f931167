/** What other subcommands show of namespaces. */
#ifndef KVI_CLI_NAMESPACES_H
#define KVI_CLI_NAMESPACES_H

#include "cli/command.h"

/** Bytes that count against the capacity. */
uint64_t cli_namespace_used(const kv_namespace_info *info);
/** Print the table of kv ns ls. Returns KV_OK, or as kv_namespace_next(). */
kv_status cli_namespaces_print(kv_snapshot *snapshot);
/** Add up the counts and bytes of all live namespaces. Returns KV_OK, or as kv_namespace_next(). */
kv_status cli_namespaces_sum(kv_snapshot *snapshot, kv_namespace_info *sum);
/** Make a namespace. description NULL, capacity 0: as the store makes them. An exit status. */
int cli_namespace_make(cli *run, const char *name, const char *description, uint64_t capacity,
                       kv_ns *out);

#endif
