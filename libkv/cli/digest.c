/* digest: one number for all live keys, to compare two stores. */
#include "cli/failure.h"
#include "cli/read_all.h"

#include "edge/crypto.h"

#include <stdio.h>

/* SHA-256 over the keys in order. Each part is behind its size, so that no two
 * contents give the same bytes; versions and times of writing are left out. */

static void digest_number(kvi_hash *hash, uint64_t number)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
    kvi_hash_add(hash, bytes, sizeof(bytes));
}

static void digest_slice(kvi_hash *hash, kv_slice slice)
{
    digest_number(hash, slice.size);
    kvi_hash_add(hash, slice.data, slice.size);
}

static int digest_entry(cli_read_all *all, const kv_entry *entry)
{
    kvi_hash *hash = all->ctx;
    bool has_deadline = (entry->flags & KV_ENTRY_EXPIRES) != 0;

    digest_slice(hash, entry->key);
    digest_slice(hash, entry->value);
    digest_slice(hash, entry->metadata);
    digest_number(hash, has_deadline);
    digest_number(hash, has_deadline ? (uint64_t)entry->expires_at : 0);
    return CLI_DONE;
}

static int digest_namespace(cli_read_all *all, const kv_namespace_info *info)
{
    unsigned char digest[KVI_SHA256_SIZE] = {0};
    uint64_t damaged = all->damaged;
    kv_status status = KV_OK;
    int code = CLI_DONE;

    all->ctx = kvi_hash_begin(KVI_SHA256);
    if (all->ctx != NULL)
        code = cli_read_all_keys(all, info, digest_entry);
    status = kvi_hash_end(all->ctx, digest);
    if (code != CLI_DONE || all->damaged > damaged)
        return code;
    if (status != KV_OK)
        return cli_failed(all->run, status, "SHA-256");
    for (size_t i = 0; i < sizeof(digest); i++)
        printf("%02x", digest[i]);
    printf("  %s\n", info->name);
    return CLI_DONE;
}

static int digest_run(cli *run)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"prefix", required_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    cli_read_all all = {.run = run};
    const char *name = NULL;

    if (!cli_read_all_take(&all, options, &name))
        return run->exit_code;
    return cli_read_all_run(&all, name, digest_namespace);
}

const cli_command cli_digest_commands[] = {
    {"digest", "NS|--all [--prefix P]", "Show a SHA-256 of all live keys, to compare two stores",
     "Over keys, values, metadata and deadlines in key order: it does not matter when, in which\n"
     "order or how often they were written, nor how they are stored.\n\n"
     "  --all        a line for each namespace\n"
     "  --prefix P   only the keys that begin with P\n"
     "\nExample:\n  kv --store a digest site; kv --store b digest site\n",
     digest_run},
    {0},
};
