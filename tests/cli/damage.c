/* Damage a store on purpose, past its API: damage STORE NAMESPACE row KEY takes the row of a key
 * away, behind the back of all counts; damage STORE NAMESPACE record KEY... changes a byte of each
 * key's record; damage STORE NAMESPACE count adds one to the namespace's count alone. */
#include "support/inside.h"

#include "ops/db.h"
#include "tables/catalog.h"
#include "tables/usage.h"

#include <stdio.h>
#include <string.h>

/* Change the last byte of a key's record. */
static kv_status damage_record(kvi_txn *txn, kv_slice key)
{
    static unsigned char bytes[4096];
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_VALUES, key, &row);

    if (status != KV_OK || row.size > sizeof(bytes))
        return status == KV_OK ? KV_TOO_LARGE : status;
    memcpy(bytes, row.data, row.size);
    bytes[row.size - 1] ^= 1;
    return kvi_txn_put(txn, KVI_VALUES, key, (kv_slice){bytes, row.size});
}

int main(int argc, char **argv)
{
    kv_snapshot *snapshot = NULL;
    kv_slice key = {NULL, 0};
    kvi_usage usage;
    kvi_txn *txn = NULL;
    kv_db *db = NULL;
    kv_ns ns = 0;
    kv_status status = argc < 4 ? KV_INVALID : kv_open(argv[1], NULL, NULL, &db, NULL);

    if (status == KV_OK)
        status = kv_snapshot_begin(db, &snapshot);
    if (status == KV_OK)
        status = kv_namespace_find(snapshot, argv[2], strlen(argv[2]), &ns);
    kv_snapshot_end(snapshot);
    if (status == KV_OK)
        status = kvi_txn_begin_write(db->env, &txn);
    if (status == KV_OK && strcmp(argv[3], "row") == 0 && argc == 5) {
        key = inside_values_key(ns, argv[4]);
        status = kvi_txn_delete(txn, KVI_VALUES, key);
    } else if (status == KV_OK && strcmp(argv[3], "record") == 0) {
        for (int i = 4; i < argc && status == KV_OK; i++)
            status = damage_record(txn, inside_values_key(ns, argv[i]));
    } else if (status == KV_OK) {
        status = kvi_usage_get(txn, ns, &usage, NULL);
        usage.keys++;
        if (status == KV_OK)
            status = kvi_usage_put(txn, ns, &usage, true);
    }
    if (status == KV_OK)
        status = kvi_txn_commit(txn);
    kv_close(db);
    if (status != KV_OK)
        fprintf(stderr, "damage: %s\n", kv_strerror(status));
    return status == KV_OK ? 0 : 1;
}
