/**
 * The store and the EdgeKV service on it, opened, watched and opened anew.
 *
 * Requests hold the service that they began on. When the store's path names newer data (KV_MOVED)
 * or its handle became unusable, no request begins on it any more, it is closed with the last
 * request that holds it, and service_tend() opens the path anew. Threads: any, but service_tend(),
 * service_reload() and service_close() are the main thread's.
 */
#ifndef EDGE_SERVICE_H
#define EDGE_SERVICE_H

#include "kv_edge.h"
#include "options.h"

#include <stdbool.h>

/** All of it. Opaque. */
typedef struct service service;
/** One opening: a kv_db and its kv_edge. Opaque. */
typedef struct store store;

/** upload_host is copied. NULL: a line on stderr says why. */
service *service_open(const options *given, const char *upload_host);
/** All stores must be released; the last line on stderr says so. */
void service_close(service *all);

/** Hold the open store. NULL: there is none at the moment; status_out says why. */
store *service_take(service *all, kv_status *status_out);
/** NULL is fine. */
void store_release(store *held);
/** The service on it. Borrowed while it is held. */
kv_edge *store_edge(store *held);
/** The store. Borrowed while it is held. */
kv_db *store_db(store *held);
/** Why it is to be closed: do not begin or go on with what can be stopped. KV_OK: it is not. */
kv_status store_failure(const store *held);

/** Now and then: open anew what was lost, remove what is expired. */
void service_tend(service *all);
/** Read the credentials file; a bad one changes nothing but the log. */
void service_reload(service *all);
/** How often the store was opened. */
uint64_t service_opens(service *all);

#endif
