#include "edge/nonces.h"

#include "edge/crypto.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Items in chains of a hash table, and in a wheel of lists by the second in which they expire.
 * Links are the index plus 1; 0 is none, so that memory from calloc() is a table without a page
 * touched.
 */

#define NONCES_WHEEL 2048 /* Seconds: more than the 1,800 that a nonce lives at most. */
#define NONCES_HASH_SIZE 16

typedef struct nonces_item {
    unsigned char hash[NONCES_HASH_SIZE];
    int64_t until;
    uint32_t next;     /* In the chain. */
    uint32_t next_due; /* In the wheel's list, or in that of free items. */
} nonces_item;

struct kvi_nonces {
    pthread_mutex_t mutex;
    unsigned char seed[KVI_SHA256_SIZE];
    int64_t now;              /* Of the last call. What expired before it is gone. */
    int64_t forgotten;        /* The latest `until` of those gone. */
    uint32_t count_max, used; /* Items; those that were ever in use. */
    uint32_t free;            /* List. */
    uint32_t chain_mask;
    uint32_t *chains;
    nonces_item *items;
    uint32_t wheel[NONCES_WHEEL];
};

kvi_nonces *kvi_nonces_create(uint32_t count_max)
{
    kvi_nonces *nonces = calloc(1, sizeof(*nonces));
    uint64_t chains = 1;

    if (nonces == NULL || pthread_mutex_init(&nonces->mutex, NULL) != 0) {
        free(nonces);
        return NULL;
    }
    nonces->count_max = count_max == 0 ? 1 : count_max == UINT32_MAX ? UINT32_MAX - 1 : count_max;
    nonces->forgotten = INT64_MIN;
    while (chains < nonces->count_max)
        chains *= 2;
    nonces->chain_mask = (uint32_t)(chains - 1);
    nonces->chains = calloc(chains, sizeof(*nonces->chains));
    nonces->items = calloc(nonces->count_max, sizeof(*nonces->items));
    if (nonces->chains != NULL && nonces->items != NULL &&
        kvi_crypto_random(nonces->seed, sizeof(nonces->seed)) == KV_OK)
        return nonces;
    kvi_nonces_free(nonces);
    return NULL;
}

void kvi_nonces_free(kvi_nonces *nonces)
{
    if (nonces == NULL)
        return;
    pthread_mutex_destroy(&nonces->mutex);
    free(nonces->chains);
    free(nonces->items);
    free(nonces);
}

static kv_status nonces_hash(const kvi_nonces *nonces, kv_slice key_id, kv_slice nonce,
                             unsigned char out[KVI_SHA256_SIZE])
{
    kvi_hash *hash = kvi_hash_begin(KVI_SHA256);
    uint64_t key_id_size = key_id.size; /* Where the one ends and the other begins. */

    kvi_hash_add(hash, nonces->seed, sizeof(nonces->seed));
    kvi_hash_add(hash, &key_id_size, sizeof(key_id_size));
    kvi_hash_add(hash, key_id.data, key_id.size);
    kvi_hash_add(hash, nonce.data, nonce.size);
    return kvi_hash_end(hash, out);
}

static uint32_t *nonces_chain(kvi_nonces *nonces, const unsigned char *hash)
{
    uint32_t bits = 0;

    memcpy(&bits, hash, sizeof(bits));
    return &nonces->chains[bits & nonces->chain_mask];
}

static uint32_t *nonces_due(kvi_nonces *nonces, int64_t second)
{
    return &nonces->wheel[(uint64_t)second % NONCES_WHEEL];
}

static bool nonces_has(kvi_nonces *nonces, const unsigned char *hash)
{
    uint32_t link = *nonces_chain(nonces, hash);

    while (link != 0 && memcmp(nonces->items[link - 1].hash, hash, NONCES_HASH_SIZE) != 0)
        link = nonces->items[link - 1].next;
    return link != 0;
}

static void nonces_unchain(kvi_nonces *nonces, uint32_t link)
{
    uint32_t *at = nonces_chain(nonces, nonces->items[link - 1].hash);

    while (*at != link)
        at = &nonces->items[*at - 1].next;
    *at = nonces->items[link - 1].next;
}

/* Forget what expired before now, of one list. */
static void nonces_forget(kvi_nonces *nonces, uint32_t *at, int64_t now)
{
    while (*at != 0) {
        uint32_t link = *at;
        nonces_item *item = &nonces->items[link - 1];
        if (item->until >= now) { /* Of a later turn of the wheel. */
            at = &item->next_due;
            continue;
        }
        if (item->until > nonces->forgotten)
            nonces->forgotten = item->until;
        nonces_unchain(nonces, link);
        *at = item->next_due;
        item->next_due = nonces->free;
        nonces->free = link;
    }
}

static void nonces_advance(kvi_nonces *nonces, int64_t now)
{
    int64_t before = nonces->now;
    uint64_t seconds = now > before ? (uint64_t)now - (uint64_t)before : 0;

    if (seconds > NONCES_WHEEL)
        seconds = NONCES_WHEEL;
    for (uint64_t i = 0; i < seconds && nonces->used > 0; i++)
        nonces_forget(nonces, nonces_due(nonces, (int64_t)((uint64_t)before + i)), now);
    nonces->now = now;
}

/* 0: all are in use. */
static uint32_t nonces_take(kvi_nonces *nonces)
{
    uint32_t link = nonces->free;

    if (link != 0)
        nonces->free = nonces->items[link - 1].next_due;
    else if (nonces->used < nonces->count_max)
        link = ++nonces->used;
    return link;
}

static kv_status nonces_insert(kvi_nonces *nonces, const unsigned char *hash, int64_t until)
{
    uint32_t *chain = nonces_chain(nonces, hash);
    uint32_t *due = nonces_due(nonces, until > nonces->now ? until : nonces->now);
    uint32_t link = nonces_take(nonces);

    if (link == 0)
        return KV_BUSY;
    memcpy(nonces->items[link - 1].hash, hash, NONCES_HASH_SIZE);
    nonces->items[link - 1].until = until;
    nonces->items[link - 1].next = *chain;
    nonces->items[link - 1].next_due = *due;
    *chain = link;
    *due = link;
    return KV_OK;
}

kv_status kvi_nonces_add(kvi_nonces *nonces, kv_slice key_id, kv_slice nonce, int64_t now,
                         int64_t until)
{
    unsigned char hash[KVI_SHA256_SIZE];
    kv_status status = nonces_hash(nonces, key_id, nonce, hash);

    if (status != KV_OK)
        return status;
    pthread_mutex_lock(&nonces->mutex);
    nonces_advance(nonces, now);
    if (until <= nonces->forgotten || nonces_has(nonces, hash))
        status = KV_VERSION_MISMATCH;
    else
        status = nonces_insert(nonces, hash, until);
    pthread_mutex_unlock(&nonces->mutex);
    return status;
}
