#include "support/groups.h"

#include <stdio.h>

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
