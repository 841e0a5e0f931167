#include "cli/entry.h"

#include "cli/display.h"
#include "cli/units.h"

#include "edge/kvlist.h"

#include <inttypes.h>
#include <stdio.h>

#define METADATA_SHOWN 60 /* Bytes of it in a row. */

void cli_entry_print_head(void)
{
    printf("%8s %8s %10s %-20s %-20s %s\n", "SIZE", "STORED", "VERSION", "UPDATED", "EXPIRES",
           "KEY  METADATA");
}

void cli_entry_print_row(const kv_entry *entry)
{
    char size[CLI_TEXT_SIZE];
    char stored[CLI_TEXT_SIZE];
    char updated[CLI_TEXT_SIZE];
    char expires[CLI_TEXT_SIZE] = "never";

    if ((entry->flags & KV_ENTRY_EXPIRES) != 0)
        cli_time_text(entry->expires_at, expires);
    printf("%8s %8s %10" PRIu64 " %-20s %-20s ", cli_size_text(entry->value_size, size),
           cli_size_text(entry->stored_size, stored), entry->version,
           cli_time_text(entry->updated_at, updated), expires);
    cli_print_text(stdout, entry->key.data, entry->key.size, 0);
    if (entry->metadata.size > 0) {
        fputs("  ", stdout);
        cli_print_text(stdout, entry->metadata.data, entry->metadata.size, METADATA_SHOWN);
    }
    putchar('\n');
}

void cli_entry_write(kvi_json_writer *json, const kv_entry *entry, bool has_value)
{
    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_text(json, "Key", entry->key);
    kvi_json_write_number(json, "Size", entry->value_size);
    kvi_json_write_number(json, "StoredSize", entry->stored_size);
    kvi_json_write_number(json, "Version", entry->version);
    kvi_json_write_integer(json, "Updated", entry->updated_at);
    if ((entry->flags & KV_ENTRY_EXPIRES) != 0)
        kvi_json_write_integer(json, "Expiration", entry->expires_at);
    if (entry->metadata.size > 0)
        kvi_kvlist_write_bytes(json, "Metadata", "MetadataBase64", entry->metadata);
    if (has_value)
        kvi_kvlist_write_bytes(json, "Value", "Base64", entry->value);
    kvi_json_write_object_end(json);
}

kv_op cli_entry_put(const kv_entry *entry)
{
    kv_op put = {.key = entry->key.data,
                 .key_size = entry->key.size,
                 .value = entry->value.data,
                 .value_size = entry->value.size,
                 .metadata = entry->metadata.data,
                 .metadata_size = entry->metadata.size};

    if ((entry->flags & KV_ENTRY_EXPIRES) != 0) {
        put.flags = KV_OP_EXPIRES_AT;
        put.expires_at = entry->expires_at;
    }
    return put;
}
