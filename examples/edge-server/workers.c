#include "workers.h"

#include <pthread.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    job *first, **last; /* Of those that wait. */
    size_t waiting, count;
    bool is_ending;
    pthread_t threads[];
};

static void *work(void *argument)
{
    workers *all = argument;

    (void)pthread_mutex_lock(&all->mutex);
    for (;;) {
        job *next = all->first;
        if (next == NULL && all->is_ending)
            break;
        if (next == NULL) {
            (void)pthread_cond_wait(&all->wake, &all->mutex);
            continue;
        }
        all->first = next->next;
        if (all->first == NULL)
            all->last = &all->first;
        all->waiting--;
        (void)pthread_mutex_unlock(&all->mutex);
        next->run(next);
        (void)pthread_mutex_lock(&all->mutex);
    }
    (void)pthread_mutex_unlock(&all->mutex);
    return NULL;
}

workers *workers_begin(size_t count)
{
    workers *all = calloc(1, sizeof(*all) + count * sizeof(all->threads[0]));

    if (all == NULL)
        return NULL;
    (void)pthread_mutex_init(&all->mutex, NULL);
    (void)pthread_cond_init(&all->wake, NULL);
    all->last = &all->first;
    for (; all->count < count; all->count++) {
        if (pthread_create(&all->threads[all->count], NULL, work, all) != 0) {
            workers_end(all);
            return NULL;
        }
    }
    return all;
}

bool workers_add(workers *all, job *added)
{
    bool is_taken;

    added->next = NULL;
    (void)pthread_mutex_lock(&all->mutex);
    is_taken = !all->is_ending;
    if (is_taken) {
        *all->last = added;
        all->last = &added->next;
        all->waiting++;
        (void)pthread_cond_signal(&all->wake);
    }
    (void)pthread_mutex_unlock(&all->mutex);
    return is_taken;
}

size_t workers_waiting(workers *all)
{
    size_t waiting;

    (void)pthread_mutex_lock(&all->mutex);
    waiting = all->waiting;
    (void)pthread_mutex_unlock(&all->mutex);
    return waiting;
}

void workers_stop(workers *all)
{
    (void)pthread_mutex_lock(&all->mutex);
    all->is_ending = true;
    (void)pthread_cond_broadcast(&all->wake);
    (void)pthread_mutex_unlock(&all->mutex);
    for (size_t i = 0; i < all->count; i++)
        (void)pthread_join(all->threads[i], NULL);
    all->count = 0;
}

void workers_end(workers *all)
{
    if (all == NULL)
        return;
    workers_stop(all);
    (void)pthread_cond_destroy(&all->wake);
    (void)pthread_mutex_destroy(&all->mutex);
    free(all);
}
