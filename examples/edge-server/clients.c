#include "clients.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define WHOLE_TIMES 10 /* A request, or its answer, may take this many silences. */

struct client {
    client *next, **before; /* In the list of all. */
    int fd;
    _Atomic(int64_t) until_s; /* 0: no limit. */
    char peer[ADDRESS_TEXT_MAX];
};

struct clients {
    pthread_mutex_t mutex; /* While it is held no descriptor in the list gets closed. */
    client *first;
    uint64_t open, accepted, cut;
    int64_t silent_s, whole_s;
};

static int64_t now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec;
}

clients *clients_begin(uint32_t silent_max_s)
{
    clients *all = calloc(1, sizeof(*all));

    if (all == NULL)
        return NULL;
    (void)pthread_mutex_init(&all->mutex, NULL);
    all->silent_s = silent_max_s;
    all->whole_s = (int64_t)silent_max_s * WHOLE_TIMES;
    return all;
}

void clients_end(clients *all)
{
    if (all == NULL)
        return;
    (void)pthread_mutex_destroy(&all->mutex);
    free(all);
}

client *clients_add(clients *all, int fd, const struct sockaddr *peer)
{
    client *one = calloc(1, sizeof(*one));

    if (one == NULL)
        return NULL;
    one->fd = fd;
    address_text(peer, true, one->peer);
    client_expect(all, one);
    (void)pthread_mutex_lock(&all->mutex);
    one->next = all->first;
    one->before = &all->first;
    if (one->next != NULL)
        one->next->before = &one->next;
    all->first = one;
    all->open++;
    all->accepted++;
    (void)pthread_mutex_unlock(&all->mutex);
    return one;
}

void clients_remove(clients *all, client *one)
{
    if (one == NULL)
        return;
    (void)pthread_mutex_lock(&all->mutex);
    *one->before = one->next;
    if (one->next != NULL)
        one->next->before = one->before;
    all->open--;
    (void)pthread_mutex_unlock(&all->mutex);
    free(one);
}

const char *client_peer(const client *one)
{
    return one == NULL ? "" : one->peer;
}

void client_expect(clients *all, client *one)
{
    if (one != NULL)
        atomic_store(&one->until_s, now_s() + all->silent_s + all->whole_s);
}

void client_pause(client *one)
{
    if (one != NULL)
        atomic_store(&one->until_s, 0);
}

void client_answer(clients *all, client *one)
{
    if (one != NULL)
        atomic_store(&one->until_s, now_s() + all->whole_s);
}

void clients_tend(clients *all)
{
    int64_t now = now_s();

    (void)pthread_mutex_lock(&all->mutex);
    for (client *one = all->first; one != NULL; one = one->next) {
        int64_t until_s = atomic_load(&one->until_s);
        if (until_s == 0 || now < until_s)
            continue;
        (void)shutdown(one->fd, SHUT_RDWR); /* The library sees the end and closes it. */
        atomic_store(&one->until_s, 0);
        all->cut++;
    }
    (void)pthread_mutex_unlock(&all->mutex);
}

void clients_count(clients *all, uint64_t *open_out, uint64_t *accepted_out, uint64_t *cut_out)
{
    (void)pthread_mutex_lock(&all->mutex);
    *open_out = all->open;
    *accepted_out = all->accepted;
    *cut_out = all->cut;
    (void)pthread_mutex_unlock(&all->mutex);
}
