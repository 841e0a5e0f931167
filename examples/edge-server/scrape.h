/**
 * The metrics' own listener: GET /metrics as Prometheus text, the store's statistics and those of
 * HTTP. Few connections, one thread.
 */
#ifndef EDGE_SCRAPE_H
#define EDGE_SCRAPE_H

#include "server.h"

/** NULL: errno may say why. Stop it with MHD_stop_daemon() while the server is there. */
struct MHD_Daemon *scrape_start(server *all, int fd);

#endif
