#include "server.h"

#include "log.h"
#include "request.h"
#include "scrape.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* A connection's own memory: the request line and headers, and pieces of body. */
#define CONNECTION_BYTES (size_t)32768
#define LOOPS_MAX 8
/* They mostly sleep, waiting for one commit together. */
#define WRITERS 64
#define READERS 8
#define OTHER_FILES 128 /* Besides connections. */
#define STOP_WAIT_MS 10000
#define ANSWER_WAIT_MS 1000

static void on_message(void *cls, const char *format, va_list arguments)
{
    char text[512];

    (void)cls;
    (void)vsnprintf(text, sizeof(text), format, arguments);
    text[strcspn(text, "\r\n")] = '\0';
    log_event("http: %s", text);
}

static void on_connection(void *cls, struct MHD_Connection *one, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    server *all = cls;
    const union MHD_ConnectionInfo *fd, *peer;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        clients_remove(all->clients, *context);
        *context = NULL;
        return;
    }
    fd = MHD_get_connection_info(one, MHD_CONNECTION_INFO_CONNECTION_FD);
    peer = MHD_get_connection_info(one, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *context = fd == NULL || peer == NULL
                   ? NULL
                   : clients_add(all->clients, fd->connect_fd, peer->client_addr);
}

static unsigned count_loops(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (processors < 2)
        return 2;
    return processors > LOOPS_MAX ? LOOPS_MAX : (unsigned)processors;
}

/* Each connection is a file. */
static bool raise_limit(uint32_t connections_max)
{
    struct rlimit limit;
    rlim_t need = (rlim_t)connections_max + OTHER_FILES;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < need) {
        limit.rlim_cur = need;
        if (limit.rlim_max < need)
            limit.rlim_max = need;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            log_event("%u connections need %llu open files: %s", connections_max,
                      (unsigned long long)need, strerror(errno));
            return false;
        }
    }
    return true;
}

static struct MHD_Daemon *start_daemon(server *all, int fd)
{
    unsigned loops = count_loops();

    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        request_handle, all, MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL, MHD_OPTION_LISTEN_SOCKET,
        fd, MHD_OPTION_THREAD_POOL_SIZE, loops, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)all->given->connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)all->given->timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, request_begin, all,
        MHD_OPTION_NOTIFY_COMPLETED, request_completed, all, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, all, MHD_OPTION_END);
}

bool server_start(server *all, const options *given, service *opened, int fd, const address *where,
                  int metrics_fd)
{
    *all = (server){.given = given, .service = opened};
    hosts_begin(&all->hosts, where, given);
    all->metrics = metrics_create();
    all->clients = clients_begin(given->timeout_s);
    all->writers = workers_begin(WRITERS);
    all->readers = workers_begin(READERS);
    if (all->metrics == NULL || all->clients == NULL || all->writers == NULL ||
        all->readers == NULL) {
        log_event("no memory or no threads");
        return false;
    }
    if (!raise_limit(given->connections_max))
        return false;
    all->daemon = start_daemon(all, fd);
    if (all->daemon != NULL && metrics_fd >= 0)
        all->scrape = scrape_start(all, metrics_fd);
    if (all->daemon == NULL || (metrics_fd >= 0 && all->scrape == NULL)) {
        log_event("the HTTP library could not start: %s", strerror(errno));
        return false;
    }
    return true;
}

void server_tend(server *all)
{
    clients_tend(all->clients);
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_for_requests(server *all, int wait_ms)
{
    const struct timespec pause = {0, 5000000};
    int64_t until_ms = now_ms() + wait_ms;

    while (atomic_load(&all->open) > 0 && now_ms() < until_ms)
        (void)nanosleep(&pause, NULL);
}

void server_stop(server *all)
{
    int fd = -1;

    atomic_store(&all->is_stopping, true);
    if (all->scrape != NULL)
        MHD_stop_daemon(all->scrape);
    if (all->daemon != NULL) {
        fd = MHD_quiesce_daemon(all->daemon);
        wait_for_requests(all, STOP_WAIT_MS);
        /* Whatever the workers have was received whole: it is done, and its connection resumed,
           before the loops end. */
        workers_stop(all->writers);
        workers_stop(all->readers);
        wait_for_requests(all, ANSWER_WAIT_MS);
        MHD_stop_daemon(all->daemon);
    }
    workers_end(all->writers);
    workers_end(all->readers);
    if (fd >= 0)
        (void)close(fd);
    clients_end(all->clients);
    metrics_free(all->metrics);
}

metrics_levels server_levels(server *all)
{
    metrics_levels levels = {0};
    kv_status status;
    store *held = service_take(all->service, &status);

    levels.is_healthy = held != NULL;
    store_release(held);
    levels.store_opens = service_opens(all->service);
    levels.requests_open = atomic_load(&all->open);
    levels.requests_waiting = workers_waiting(all->writers) + workers_waiting(all->readers);
    levels.answer_bytes = atomic_load(&all->answer_bytes);
    clients_count(all->clients, &levels.connections, &levels.connections_accepted,
                  &levels.connections_cut);
    return levels;
}
