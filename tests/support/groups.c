#include "support/groups.h"

#include <stdio.h>
#include <stdlib.h>

static size_t group_key(char out[24], unsigned group, unsigned i)
{
    return (size_t)snprintf(out, 24, "g%u/k%u", group, i);
}

bool group_write(kv_db *db, kv_ns ns, unsigned group, uint64_t number)
{
    kv_op ops[GROUP_KEYS];
    char keys[GROUP_KEYS][24];
    kv_report report = KV_REPORT_INIT;

    for (unsigned i = 0; i < GROUP_KEYS; i++)
        ops[i] = (kv_op){.key = keys[i],
                         .key_size = group_key(keys[i], group, i),
                         .value = &number,
                         .value_size = sizeof(number)};
    return kv_batch(db, ns, ops, GROUP_KEYS, NULL, NULL, &report) == KV_OK &&
           report.written == GROUP_KEYS;
}

uint64_t group_read(kv_snapshot *snapshot, kv_ns ns, unsigned group)
{
    uint64_t first = 0, number;
    char key[24];

    for (unsigned i = 0; i < GROUP_KEYS; i++) {
        size_t size = 0;
        size_t key_size = group_key(key, group, i);
        kv_status status = kv_get_into(snapshot, ns, key, key_size, &number, sizeof(number), &size);

        if (status == KV_NOT_FOUND)
            number = 0;
        else if (status != KV_OK || size != sizeof(number))
            return GROUP_TORN;
        if (i == 0)
            first = number;
        else if (number != first)
            return GROUP_TORN;
    }
    return first;
}

bool amount_move(kv_db *db, const kv_ns ns[2], int64_t amount)
{
    kv_op ops[2] = {{.kind = KV_ADD, .key = "amount", .key_size = 6, .addend = amount},
                    {.kind = KV_ADD, .key = "amount", .key_size = 6, .addend = -amount}};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_prepared *batches[2] = {NULL, NULL};
    kv_verdict verdicts[2];
    bool is_moved = true;

    options.flags = KV_TOGETHER;
    for (size_t i = 0; i < 2; i++)
        is_moved = is_moved &&
                   kv_prepare(db, ns[i], &ops[i], 1, &options, &verdicts[i], &batches[i]) == KV_OK;
    is_moved = is_moved && kv_commit(db, batches, 2, NULL) == KV_OK &&
               verdicts[0].status == KV_OK && verdicts[1].status == KV_OK;
    for (size_t i = 0; i < 2; i++)
        kv_prepared_free(batches[i]);
    return is_moved;
}

static bool amount_read(kv_snapshot *snapshot, kv_ns ns, long long *out)
{
    char text[24] = "0";
    size_t size = 0;
    kv_status status = kv_get_into(snapshot, ns, "amount", 6, text, sizeof(text) - 1, &size);

    if (status == KV_OK)
        text[size] = '\0';
    *out = strtoll(text, NULL, 10);
    return status == KV_OK || status == KV_NOT_FOUND;
}

bool amounts_agree(kv_snapshot *snapshot, const kv_ns ns[2])
{
    long long amounts[2];

    return amount_read(snapshot, ns[0], &amounts[0]) && amount_read(snapshot, ns[1], &amounts[1]) &&
           amounts[0] == -amounts[1];
}
