/**
 * Which names a request may call us by. A page of a foreign site can make a browser send requests
 * here: under its own name, if that name's address was changed to ours (DNS rebinding), or under
 * ours, with its Origin. Both are refused.
 */
#ifndef EDGE_HOSTS_H
#define EDGE_HOSTS_H

#include "address.h"
#include "options.h"

/** The names under which this server may be asked. */
typedef struct hosts {
    char own[ADDRESS_TEXT_MAX]; /**< The listening address, without the port. */
    bool is_loopback, is_any;
    const char *uploads;      /**< NAME or NAME:PORT of --upload-host; borrowed. NULL: none. */
    const char *const *names; /**< Borrowed from the options. */
    size_t name_count;
} hosts;

/** Those of the options, and those that follow from where it listens. */
void hosts_begin(hosts *out, const address *listening, const options *given);

/** Whether a Host header names us; the port does not matter. NULL (HTTP/1.0): it does. */
bool hosts_allow(const hosts *known, const char *host);
/** Whether an Origin header is of a page of ours, scheme://Host. NULL (not a browser): it is. */
bool hosts_allow_origin(const char *origin, const char *host);

#endif
