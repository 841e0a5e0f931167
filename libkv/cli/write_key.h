/**
 * Writing one key: the batch of one, what is said of it, and what it keeps of the old key.
 */
#ifndef KVI_CLI_WRITE_KEY_H
#define KVI_CLI_WRITE_KEY_H

#include "cli/command.h"

/** Write one key. value_size_max 0: the default. An exit status: CLI_DONE if the operation has its
 *  verdict, which may be that it failed; else the batch has failed, and that was said. */
int cli_write_key(cli *run, kv_ns ns, const kv_op *op, uint64_t value_size_max,
                  kv_verdict *verdict);
/** Print what became of it, or say why it failed. An exit status. */
int cli_print_verdict(const cli *run, const char *key, const kv_verdict *verdict);

/** What a write can keep of a key, as it was read. All 0: there was no such key. */
typedef struct cli_kept {
    uint64_t version; /**< 0: no such key. */
    int64_t expires_at;
    bool has_deadline;
    size_t metadata_size;
    char metadata[KV_METADATA_SIZE_MAX];
} cli_kept;

/** Copy it from an entry that was read. */
void cli_kept_take(cli_kept *kept, const kv_entry *entry);
/** Let a put write it again, and only if the key is still at that version. The operation borrows
 * the metadata. */
void cli_kept_give(const cli_kept *kept, bool with_deadline, bool with_metadata, kv_op *op);

#endif
