/** What is shown of namespaces, as a table, as facts and as JSON. */
#ifndef KVI_CLI_NAMESPACE_INFO_H
#define KVI_CLI_NAMESPACE_INFO_H

#include "cli/command.h"

#include "edge/json_write.h"

/** Bytes that count against the capacity. */
uint64_t cli_namespace_used(const kv_namespace_info *info);
/** Print the table of kv ns ls. Returns KV_OK, or as kv_namespace_next(). */
kv_status cli_namespaces_print(kv_snapshot *snapshot);
/** Print the same as JSON, a line for each. An exit status. */
int cli_namespaces_print_json(const cli *run);
/** Print all about one. */
void cli_namespace_print_facts(const kv_namespace_info *info);
/** Print the same as JSON, a line written with json. An exit status. */
int cli_namespace_print_json(const cli *run, const kv_namespace_info *info, kvi_json_writer *json);
/** Add up the counts and bytes of all live namespaces. Returns KV_OK, or as kv_namespace_next(). */
kv_status cli_namespaces_sum(kv_snapshot *snapshot, kv_namespace_info *sum);

#endif
