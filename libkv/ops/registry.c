#include "ops/registry.h"

#include "base/fork.h"

#include <pthread.h>

static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static kvi_registry_entry *registry_first;
static int registry_cancel_state; /* Of the thread that has the lock, as it was before. */

/* In a child: the lock may have been held by a thread that is not here. */
static void registry_reset(void)
{
    (void)pthread_mutex_init(&registry_mutex, NULL);
    registry_first = NULL;
}

kv_status kvi_registry_lock(uint64_t *fork_word_out)
{
    int cancel_state;
    kv_status status;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = kvi_fork_enter(registry_reset, fork_word_out);
    if (status != KV_OK) {
        (void)pthread_setcancelstate(cancel_state, NULL);
        return status;
    }
    (void)pthread_mutex_lock(&registry_mutex);
    registry_cancel_state = cancel_state;
    return KV_OK;
}

void kvi_registry_unlock(void)
{
    int cancel_state = registry_cancel_state;

    (void)pthread_mutex_unlock(&registry_mutex);
    (void)pthread_setcancelstate(cancel_state, NULL);
}

kvi_registry_entry *kvi_registry_find(uint64_t device, uint64_t inode)
{
    kvi_registry_entry *entry = registry_first;

    while (entry != NULL && (entry->device != device || entry->inode != inode))
        entry = entry->next;
    return entry;
}

void kvi_registry_add(kvi_registry_entry *entry)
{
    entry->next = registry_first;
    registry_first = entry;
}

void kvi_registry_remove(kvi_registry_entry *entry)
{
    kvi_registry_entry **link = &registry_first;

    while (*link != NULL && *link != entry)
        link = &(*link)->next;
    if (*link != NULL)
        *link = entry->next;
}
