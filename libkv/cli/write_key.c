#include "cli/write_key.h"

#include "cli/failure.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>
#include <string.h>

int cli_write_key(cli *run, kv_ns ns, const kv_op *op, uint64_t value_size_max, kv_verdict *verdict)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_report report = KV_REPORT_INIT;
    kv_status status = KV_OK;

    options.limits.value_size_max = value_size_max;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING; /* Only the value's own bound counts. */
    status = kv_batch(run->db, ns, op, 1, &options, verdict, &report);
    if (status != KV_OK)
        return cli_write_failed(run, status, &report, "%.*s", (int)op->key_size,
                                (const char *)op->key);
    return CLI_DONE;
}

int cli_print_verdict(const cli *run, const char *key, const kv_verdict *verdict)
{
    char text[CLI_TEXT_SIZE];

    if (verdict->status == KV_NOT_FOUND)
        return cli_absent(run, key);
    if (verdict->status != KV_OK)
        return cli_failed(run, verdict->status, "%s", key);
    printf("%s version %llu",
           (verdict->flags & KV_CREATED) != 0    ? "created"
           : (verdict->flags & KV_REPLACED) != 0 ? "replaced"
                                                 : "done",
           (unsigned long long)verdict->version);
    if ((verdict->flags & KV_EXPIRES) != 0)
        printf(", expires %s", cli_time_text(verdict->expires_at, text));
    putchar('\n');
    return CLI_DONE;
}

void cli_kept_take(cli_kept *kept, const kv_entry *entry)
{
    kept->version = entry->version;
    kept->has_deadline = (entry->flags & KV_ENTRY_EXPIRES) != 0;
    kept->expires_at = entry->expires_at;
    kept->metadata_size = entry->metadata.size <= sizeof(kept->metadata) ? entry->metadata.size : 0;
    if (kept->metadata_size > 0)
        memcpy(kept->metadata, entry->metadata.data, kept->metadata_size);
}

void cli_kept_give(const cli_kept *kept, bool with_deadline, bool with_metadata, kv_op *op)
{
    op->flags |= KV_OP_IF_VERSION;
    op->if_version = kept->version;
    if (with_deadline && kept->has_deadline) {
        op->flags |= KV_OP_EXPIRES_AT;
        op->expires_at = kept->expires_at;
    }
    if (with_metadata) {
        op->metadata = kept->metadata;
        op->metadata_size = kept->metadata_size;
    }
}
