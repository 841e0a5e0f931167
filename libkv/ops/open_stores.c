#include "ops/open_stores.h"

#include "base/fork.h"

#include <pthread.h>

static pthread_mutex_t stores_mutex = PTHREAD_MUTEX_INITIALIZER;
static kvi_open_store *stores_first;
static int stores_cancel_state; /* Of the thread that has the lock, as it was before. */

/* In a child: the lock may have been held by a thread that is not here. */
static void stores_reset(void)
{
    (void)pthread_mutex_init(&stores_mutex, NULL);
    stores_first = NULL;
}

kv_status kvi_open_stores_lock(uint64_t *fork_word_out)
{
    int cancel_state;
    kv_status status;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = kvi_fork_enter(stores_reset, fork_word_out);
    if (status != KV_OK) {
        (void)pthread_setcancelstate(cancel_state, NULL);
        return status;
    }
    (void)pthread_mutex_lock(&stores_mutex);
    stores_cancel_state = cancel_state;
    return KV_OK;
}

void kvi_open_stores_unlock(void)
{
    int cancel_state = stores_cancel_state;

    (void)pthread_mutex_unlock(&stores_mutex);
    (void)pthread_setcancelstate(cancel_state, NULL);
}

kvi_open_store *kvi_open_stores_find(uint64_t device, uint64_t inode)
{
    kvi_open_store *entry = stores_first;

    while (entry != NULL && (entry->device != device || entry->inode != inode))
        entry = entry->next;
    return entry;
}

void kvi_open_stores_add(kvi_open_store *entry)
{
    entry->next = stores_first;
    stores_first = entry;
}

void kvi_open_stores_remove(kvi_open_store *entry)
{
    kvi_open_store **link = &stores_first;

    while (*link != NULL && *link != entry)
        link = &(*link)->next;
    if (*link != NULL)
        *link = entry->next;
}
