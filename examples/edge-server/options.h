/**
 * The command line of edge-server.
 */
#ifndef EDGE_OPTIONS_H
#define EDGE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Names that --host may give. */
#define OPTIONS_HOSTS_MAX 32
/** As much as a request's Host may have. */
#define OPTIONS_UPLOAD_HOST_MAX 127

/** What the command line asks for. */
typedef struct options {
    const char *listen;      /**< "127.0.0.1:8787". */
    const char *metrics;     /**< NULL: no such listener. */
    const char *store;       /**< Its directory; made if missing. */
    const char *credentials; /**< NULL with no_auth. */
    const char *upload_dir;  /**< NULL: no high-capacity operations. */
    const char *upload_host; /**< NAME or NAME:PORT that clients upload to; NULL: not given. */
    const char *hosts[OPTIONS_HOSTS_MAX];
    size_t host_count;
    uint32_t namespaces_max; /**< 0: not given. */
    uint32_t nonces_max;     /**< The same. */
    uint32_t upload_mib_max; /**< Of all spooled files. */
    uint32_t connections_max;
    uint32_t timeout_s; /**< A connection may be silent for this long. */
    bool has_no_auth;
    bool is_credentials_readable; /**< Take a credentials file that others can read. */
} options;

/** Strings are borrowed from argv. false: there is nothing to serve, end with *exit_out; what there
 *  is to say was printed. */
bool options_parse(int argc, char **argv, options *out, int *exit_out);

/** A whole number in decimal digits alone: no sign, no space, no unit, within the bounds. */
bool options_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

#endif
