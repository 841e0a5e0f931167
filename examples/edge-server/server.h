/**
 * The HTTP side: what all requests share, and the daemons that serve it.
 *
 * A few event loops (epoll) serve all connections, so a slow client holds a connection and its few
 * kilobytes, but no thread. Operations that may wait for the disk or for other writers are done by
 * worker threads while their connection is suspended: writers that meet share a commit. Readers
 * have a few threads of their own, so that they do not wait behind writers, and so that few large
 * answers are made at once.
 */
#ifndef EDGE_SERVER_H
#define EDGE_SERVER_H

#include "clients.h"
#include "hosts.h"
#include "metrics.h"
#include "options.h"
#include "reply.h"
#include "service.h"
#include "workers.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>

/** What all requests share. */
typedef struct server {
    const options *given;
    service *service;
    workers *writers, *readers;
    metrics *metrics;
    clients *clients;
    hosts hosts;
    atomic_uint open; /**< Requests between head and the end of their answer. */
    reply_level answer_bytes;
    atomic_int hand_over;    /**< Reads that workers are to do: one before took long. */
    atomic_bool is_stopping; /**< Answers say "Connection: close". */
    struct MHD_Daemon *daemon;
    struct MHD_Daemon *scrape; /**< The metrics' own; NULL: none. */
} server;

/** Take the listening sockets (metrics_fd -1: none) and serve. false: a line on stderr says why,
 * and server_stop() is still to be called. */
bool server_start(server *all, const options *given, service *opened, int fd, const address *where,
                  int metrics_fd);
/** Now and then. */
void server_tend(server *all);
/** Take no more connections, finish what has begun (waiting a bounded time for bodies still on
 * their way), and end all threads. */
void server_stop(server *all);
/** The levels as they are now. */
metrics_levels server_levels(server *all);

#endif
