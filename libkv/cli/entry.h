/**
 * A key and what is known of it, as a row of a table, as JSON, and as a put.
 */
#ifndef KVI_CLI_ENTRY_H
#define KVI_CLI_ENTRY_H

#include "cli/command.h"

#include "edge/json_write.h"

/** Print the head of a table of entries. */
void cli_entry_print_head(void);
/** Print an entry as a row of it. */
void cli_entry_print_row(const kv_entry *entry);
/** Write an entry as an object: Key, Size, StoredSize, Version, Updated, and where there are any
 *  Expiration, Metadata and, if has_value, Value. Bytes that are not UTF-8 are base64, which
 *  "Base64": true or "MetadataBase64": true says, as kv import reads them. */
void cli_entry_write(kvi_json_writer *json, const kv_entry *entry, bool has_value);
/** The put that writes such an entry; it borrows from the entry. */
kv_op cli_entry_put(const kv_entry *entry);

#endif
