/**
 * Connections, and how long each may take. The HTTP library closes those that are silent; those
 * that send or read a little now and then, for ever, are cut here: a request must be complete, and
 * its answer read, within a bounded time. Threads: any.
 */
#ifndef EDGE_CLIENTS_H
#define EDGE_CLIENTS_H

#include "address.h"

#include <stdint.h>

/** All of them. Opaque. */
typedef struct clients clients;
/** One of them. Opaque. */
typedef struct client client;

/** NULL: no memory. */
clients *clients_begin(uint32_t silent_max_s);
/** NULL is fine. All are removed before. */
void clients_end(clients *all);

/** The descriptor stays the HTTP library's, which removes the connection before it closes it.
 *  NULL: no memory. */
client *clients_add(clients *all, int fd, const struct sockaddr *peer);
/** NULL is fine. */
void clients_remove(clients *all, client *one);
/** "127.0.0.1:50122"; NULL: "". */
const char *client_peer(const client *one);

/** It waits for a request: time for silence and for all of the request. NULL is fine for these. */
void client_expect(clients *all, client *one);
/** Its request is ours to do: no limit. */
void client_pause(client *one);
/** It reads an answer. */
void client_answer(clients *all, client *one);

/** Cut those that are over their time. Called every second or so. */
void clients_tend(clients *all);
/** How many connections are open, were accepted and were cut. */
void clients_count(clients *all, uint64_t *open_out, uint64_t *accepted_out, uint64_t *cut_out);

#endif
