#include "ops/registry.h"

#include <pthread.h>

static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static kv_db *registry_first;

/* In a child: the lock may have been held by a thread that is not here. */
static void registry_reset(void)
{
    (void)pthread_mutex_init(&registry_mutex, NULL);
    registry_first = NULL;
}

kv_status kvi_registry_lock(uint64_t *fork_word_out)
{
    kv_status status = kvi_fork_enter(registry_reset, fork_word_out);

    if (status == KV_OK)
        (void)pthread_mutex_lock(&registry_mutex);
    return status;
}

void kvi_registry_unlock(void)
{
    (void)pthread_mutex_unlock(&registry_mutex);
}

kv_db *kvi_registry_find(uint64_t device, uint64_t inode)
{
    kv_db *db = registry_first;

    while (db != NULL && (db->device != device || db->inode != inode))
        db = db->next;
    return db;
}

void kvi_registry_add(kv_db *db)
{
    db->next = registry_first;
    registry_first = db;
}

void kvi_registry_remove(kv_db *db)
{
    kv_db **link = &registry_first;

    while (*link != NULL && *link != db)
        link = &(*link)->next;
    if (*link != NULL)
        *link = db->next;
}
