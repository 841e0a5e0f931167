/**
 * Addresses to listen at: "127.0.0.1:8787", "[::1]:8787", "localhost:0".
 */
#ifndef EDGE_ADDRESS_H
#define EDGE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/** "[numeric address]:port", terminated. */
#define ADDRESS_TEXT_MAX 64

/** An address to listen on or of a client. */
typedef struct address {
    struct sockaddr_storage socket;
    socklen_t size;
} address;

/** false: problem says why, terminated. */
bool address_parse(const char *text, address *out, char *problem, size_t problem_size);
/** Whether only this machine reaches it. */
bool address_is_loopback(const address *where);
/** 0.0.0.0 or [::]. */
bool address_is_any(const address *where);
/** Its port, as a number. */
unsigned address_port(const address *where);
/** "127.0.0.1:8787", "[::1]:8787"; with is_port false without the port. */
void address_text(const struct sockaddr *socket, bool is_port, char out[ADDRESS_TEXT_MAX]);

/**
 * Bind and listen. Afterwards *where has the port that was free, if it was 0.
 * Returns a non-blocking socket, or -1: problem says why.
 */
int address_listen(address *where, char *problem, size_t problem_size);

#endif
