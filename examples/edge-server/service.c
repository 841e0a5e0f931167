#include "service.h"

#include "credentials.h"
#include "log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SNAPSHOTS_MAX 512
#define WRITE_WAIT_MS 10000
#define SWEEP_EVERY_S 5
#define SWEEP_ITEMS 2000
#define SWEEP_MS 50

struct store {
    kv_db *db;
    kv_edge *edge;
    atomic_uint holders;
    _Atomic(kv_status) failure; /* Why to stop; KV_OK: do not. */
};

struct service {
    const options *given;
    char *upload_host;
    pthread_mutex_t mutex; /* For what follows. */
    store *current;
    kv_status why_not; /* While current is NULL. */
    uint64_t opens;
    time_t swept_at; /* The main thread's. */
    kv_status said;
};

static void on_log(void *ctx, int level, kv_status status, const char *message, size_t message_size)
{
    static const char *const names[] = {"store", "store error", "store warning", "store"};

    (void)ctx;
    (void)status;
    log_event("%s: %.*s", level > 0 && level <= KV_LOG_INFO ? names[level] : names[0],
              (int)message_size, message);
}

/* ---- One opening */

/* The file's bytes, to be wiped as soon as libkv-edge has read them. */
static kv_status read_credentials(const options *given, credentials *out, kv_error *error)
{
    *out = (credentials){0};
    if (given->has_no_auth || credentials_read(given->credentials, given->is_credentials_readable,
                                               out, error->message, sizeof(error->message)))
        return KV_OK;
    return KV_INVALID;
}

/* Only at the start a store is made: later its directory may be away for a moment. */
static kv_status open_db(const options *given, bool may_create, kv_db **out, kv_error *error)
{
    kv_options how = KV_OPTIONS_INIT;
    kv_settings create_with = KV_SETTINGS_INIT;

    how.flags = may_create ? KV_CREATE : 0;
    how.snapshots_max = SNAPSHOTS_MAX;
    how.write_wait_ms = WRITE_WAIT_MS;
    how.log = on_log;
    create_with.namespaces_max = given->namespaces_max == 0 ? 10 : given->namespaces_max;
    return kv_open(given->store, &how, &create_with, out, error);
}

/* A store that is there keeps its settings unless the command line names one. */
static kv_status apply_settings(const options *given, kv_db *db)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_snapshot *snapshot = NULL;
    kv_status status;

    if (given->namespaces_max == 0)
        return KV_OK;
    status = kv_snapshot_begin(db, &snapshot);
    if (status == KV_OK)
        status = kv_settings_get(snapshot, &settings);
    kv_snapshot_end(snapshot);
    if (status != KV_OK || settings.namespaces_max == given->namespaces_max)
        return status;
    settings.namespaces_max = given->namespaces_max;
    return kv_settings_set(db, &settings);
}

static kv_status open_edge(const service *all, kv_db *db, const credentials *secret, kv_edge **out,
                           kv_error *error)
{
    kv_edge_options how = KV_EDGE_OPTIONS_INIT;

    how.flags = all->given->has_no_auth ? KV_EDGE_NO_AUTH : 0;
    how.nonces_max = all->given->nonces_max;
    how.upload_dir = all->given->upload_dir;
    how.upload_host = all->given->upload_dir == NULL ? NULL : all->upload_host;
    how.upload_bytes_max = (uint64_t)all->given->upload_mib_max << 20;
    return kv_edge_open(db, &how, secret->text, secret->size, out, error);
}

static kv_status store_open(const service *all, bool may_create, store **out, kv_error *error)
{
    store *opened = calloc(1, sizeof(*opened));
    credentials secret;
    kv_status status;

    *out = NULL;
    if (opened == NULL)
        return KV_NO_MEMORY;
    status = read_credentials(all->given, &secret, error);
    if (status == KV_OK)
        status = open_db(all->given, may_create, &opened->db, error);
    if (status == KV_OK)
        status = apply_settings(all->given, opened->db);
    if (status == KV_OK)
        status = open_edge(all, opened->db, &secret, &opened->edge, error);
    credentials_free(&secret);
    if (status != KV_OK) {
        kv_close(opened->db);
        free(opened);
        return status;
    }
    atomic_init(&opened->holders, 1);
    atomic_init(&opened->failure, KV_OK);
    *out = opened;
    return KV_OK;
}

void store_release(store *held)
{
    if (held == NULL || atomic_fetch_sub(&held->holders, 1) != 1)
        return;
    kv_edge_close(held->edge);
    kv_close(held->db);
    free(held);
}

kv_edge *store_edge(store *held)
{
    return held->edge;
}

kv_db *store_db(store *held)
{
    return held->db;
}

kv_status store_failure(const store *held)
{
    return atomic_load(&held->failure);
}

/* ---- All of it */

service *service_open(const options *given, const char *upload_host)
{
    service *all = calloc(1, sizeof(*all));
    kv_error error = KV_ERROR_INIT;
    kv_status status;

    if (all == NULL || pthread_mutex_init(&all->mutex, NULL) != 0) {
        free(all);
        return NULL;
    }
    all->given = given;
    all->upload_host = strdup(upload_host);
    if (all->upload_host != NULL) {
        status = store_open(all, true, &all->current, &error);
        if (status == KV_OK) {
            all->opens = 1;
            return all;
        }
        log_event("open %s: %s%s%s", given->store, kv_strerror(status),
                  error.message[0] == '\0' ? "" : ": ", error.message);
    }
    service_close(all);
    return NULL;
}

void service_close(service *all)
{
    if (all == NULL)
        return;
    store_release(all->current);
    free(all->upload_host);
    (void)pthread_mutex_destroy(&all->mutex);
    free(all);
}

/* Nobody begins on it any more. */
static void retire(service *all, store *bad, kv_status status)
{
    bool is_first;

    (void)pthread_mutex_lock(&all->mutex);
    is_first = all->current == bad;
    if (is_first) {
        all->current = NULL;
        all->why_not = status;
    }
    (void)pthread_mutex_unlock(&all->mutex);
    if (!is_first)
        return;
    log_event("store: %s; it is opened anew", kv_strerror(status));
    /* A moved store still takes what was begun, if only to say that it has moved; but its spool
       must be gone before the next opening can have the directory. */
    if (status != KV_MOVED || all->given->upload_dir != NULL)
        atomic_store(&bad->failure, status);
    store_release(bad);
}

store *service_take(service *all, kv_status *status_out)
{
    store *held;

    (void)pthread_mutex_lock(&all->mutex);
    held = all->current;
    *status_out = held == NULL ? all->why_not : KV_OK;
    if (held != NULL)
        (void)atomic_fetch_add(&held->holders, 1);
    (void)pthread_mutex_unlock(&all->mutex);
    if (held == NULL)
        return NULL;
    *status_out = kv_health(held->db);
    if (*status_out == KV_OK)
        return held;
    retire(all, held, *status_out);
    store_release(held); /* Our own hold. NOLINT(clang-analyzer-unix.Malloc): it counts. */
    return NULL;
}

/* What requests are told of it: nothing that they themselves could be at fault for. */
static kv_status as_told(kv_status status)
{
    return status == KV_OK || kv_status_edge(status).http >= 500 ? status : KV_MOVED;
}

static void reopen(service *all)
{
    kv_error error = KV_ERROR_INIT;
    store *opened = NULL;
    kv_status status = store_open(all, false, &opened, &error);

    (void)pthread_mutex_lock(&all->mutex);
    all->current = opened;
    all->why_not = as_told(status);
    all->opens += opened != NULL;
    (void)pthread_mutex_unlock(&all->mutex);
    if (status == KV_OK)
        log_event("store: open again");
    else if (status != all->said) /* Tried again at every turn, said once. */
        log_event("store: open %s: %s %s", all->given->store, kv_strerror(status), error.message);
    all->said = status;
}

void service_tend(service *all)
{
    kv_work work = KV_WORK_INIT;
    time_t now = time(NULL);
    kv_status status;
    store *held = service_take(all, &status);

    if (held == NULL) {
        reopen(all);
        return;
    }
    if (now - all->swept_at >= SWEEP_EVERY_S || now < all->swept_at) {
        all->swept_at = now;
        work.items_max = SWEEP_ITEMS;
        work.time_max_ms = SWEEP_MS;
        status = kv_sweep(held->db, &work);
        if (status != KV_OK && status != KV_MOVED && status != KV_TIMEOUT)
            log_event("store: sweep: %s", kv_strerror(status));
    }
    store_release(held);
}

void service_reload(service *all)
{
    credentials fresh;
    kv_error error = KV_ERROR_INIT;
    kv_status status, why_not;
    store *held;

    if (all->given->has_no_auth) {
        log_event("SIGHUP: there are no credentials with --no-auth");
        return;
    }
    status = read_credentials(all->given, &fresh, &error);
    held = service_take(all, &why_not); /* NULL: the next opening reads the file. */
    if (status == KV_OK && held != NULL)
        status = kv_edge_credentials_set(held->edge, fresh.text, fresh.size, &error);
    store_release(held);
    credentials_free(&fresh);
    if (status == KV_OK)
        log_event("credentials: read again");
    else
        log_event("credentials: %s: %s; the old ones stay", kv_strerror(status), error.message);
}

uint64_t service_opens(service *all)
{
    uint64_t opens;

    (void)pthread_mutex_lock(&all->mutex);
    opens = all->opens;
    (void)pthread_mutex_unlock(&all->mutex);
    return opens;
}
