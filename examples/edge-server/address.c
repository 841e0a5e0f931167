#include "address.h"

#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024
#define HOST_MAX 256

/* "[::1]:80" and "name:80" into host and port, both terminated. */
static bool split(const char *text, char host[HOST_MAX], const char **port_out)
{
    const char *colon = strrchr(text, ':');
    size_t size;

    if (colon == NULL || colon == text)
        return false;
    size = (size_t)(colon - text);
    if (text[0] == '[') {
        if (text[size - 1] != ']')
            return false;
        text++;
        size -= 2;
    } else if (memchr(text, ':', size) != NULL) {
        return false; /* A bare IPv6 address: where does the port begin? */
    }
    if (size == 0 || size >= HOST_MAX)
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    *port_out = colon + 1;
    return true;
}

bool address_parse(const char *text, address *out, char *problem, size_t problem_size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[HOST_MAX];
    const char *port = NULL;
    uint64_t number;
    int code;

    if (!split(text, host, &port)) {
        (void)snprintf(problem, problem_size, "\"%s\" is not HOST:PORT", text);
        return false;
    }
    if (!options_number(port, 0, 65535, &number)) {
        (void)snprintf(problem, problem_size, "\"%s\" is not a port from 0 to 65535", port);
        return false;
    }
    code = getaddrinfo(host, port, &hints, &found);
    if (code != 0 || found == NULL || found->ai_addrlen > sizeof(out->socket)) {
        (void)snprintf(problem, problem_size, "\"%s\": %s", host, gai_strerror(code));
        return false;
    }
    memset(out, 0, sizeof(*out));
    memcpy(&out->socket, found->ai_addr, found->ai_addrlen);
    out->size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* The IPv4 address in host order, also of an IPv4 address in IPv6's clothes. */
static bool as_ipv4(const address *where, uint32_t *out)
{
    if (where->socket.ss_family == AF_INET) {
        *out = ntohl(((const struct sockaddr_in *)&where->socket)->sin_addr.s_addr);
        return true;
    }
    if (where->socket.ss_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)&where->socket)->sin6_addr;
        uint32_t last;
        memcpy(&last, six->s6_addr + 12, sizeof(last));
        *out = ntohl(last);
        return IN6_IS_ADDR_V4MAPPED(six);
    }
    return false;
}

bool address_is_loopback(const address *where)
{
    uint32_t four;

    if (as_ipv4(where, &four))
        return four >> 24 == 127;
    return where->socket.ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&where->socket)->sin6_addr);
}

bool address_is_any(const address *where)
{
    uint32_t four;

    if (as_ipv4(where, &four))
        return four == INADDR_ANY;
    return where->socket.ss_family == AF_INET6 &&
           IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&where->socket)->sin6_addr);
}

unsigned address_port(const address *where)
{
    if (where->socket.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&where->socket)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&where->socket)->sin_port);
}

void address_text(const struct sockaddr *socket, bool is_port, char out[ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "?";
    bool is_six = socket->sa_family == AF_INET6;
    const void *bytes = is_six ? (const void *)&((const struct sockaddr_in6 *)socket)->sin6_addr
                               : (const void *)&((const struct sockaddr_in *)socket)->sin_addr;
    unsigned port = ntohs(is_six ? ((const struct sockaddr_in6 *)socket)->sin6_port
                                 : ((const struct sockaddr_in *)socket)->sin_port);

    (void)inet_ntop(socket->sa_family, bytes, host, sizeof(host));
    if (is_port)
        (void)snprintf(out, ADDRESS_TEXT_MAX, is_six ? "[%s]:%u" : "%s:%u", host, port);
    else
        (void)snprintf(out, ADDRESS_TEXT_MAX, is_six ? "[%s]" : "%s", host);
}

int address_listen(address *where, char *problem, size_t problem_size)
{
    char text[ADDRESS_TEXT_MAX];
    int one = 1;
    int fd = socket(where->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    address_text((const struct sockaddr *)&where->socket, true, text);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(fd, (const struct sockaddr *)&where->socket, where->size) == 0 &&
        listen(fd, BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&where->socket, &where->size) == 0)
        return fd;
    (void)snprintf(problem, problem_size, "cannot listen at %s: %s", text, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}
