/**
 * The lines of a dump of a whole store that are no pairs: each begins a namespace.
 *
 *     {"Namespace":"site","Capacity":1073741824,"Description":"the first"}
 *
 * The pairs that follow, up to the next such line, are the namespace's. Capacity is a number of
 * bytes, as text if it is 2^63 or more, or "unlimited"; Description is missing if it is empty, and
 * base64 with "DescriptionBase64": true if it is not UTF-8. Other members are ignored.
 */
#ifndef KVI_CLI_DUMP_H
#define KVI_CLI_DUMP_H

#include "edge/json_write.h"
#include "kv.h"

#include <stdbool.h>

/** A namespace as such a line has it. */
typedef struct cli_dump_namespace {
    char name[KV_NAMESPACE_NAME_MAX + 1];
    uint64_t capacity;
    char description[KV_DESCRIPTION_SIZE_MAX + 1]; /**< Terminated. */
} cli_dump_namespace;

/** Write the line of a namespace, without its line feed. */
void cli_dump_write(kvi_json_writer *json, const kv_namespace_info *info);
/** Whether a line is meant as one: a JSON object with the member Namespace. */
bool cli_dump_is_namespace(const char *line, size_t size);
/** Read a line for which cli_dump_is_namespace() is true. NULL: *out is set; else what is wrong, in
 *  words, static. */
const char *cli_dump_read(const char *line, size_t size, cli_dump_namespace *out);

#endif
