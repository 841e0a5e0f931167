#include "hosts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

void hosts_begin(hosts *out, const address *listening, const options *given)
{
    *out = (hosts){.is_loopback = address_is_loopback(listening),
                   .is_any = address_is_any(listening),
                   .uploads = given->upload_host,
                   .names = given->hosts,
                   .name_count = given->host_count};
    address_text((const struct sockaddr *)&listening->socket, false, out->own);
}

static bool equal(const char *name, const char *text, size_t size)
{
    return strlen(name) == size && strncasecmp(name, text, size) == 0;
}

/* An address says where the browser connected to: nobody can point it elsewhere. */
static bool is_address(const char *text, size_t size)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    bool is_six = size > 2 && text[0] == '[' && text[size - 1] == ']';

    if (is_six) {
        text++;
        size -= 2;
    }
    if (size >= sizeof(copy))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return inet_pton(is_six ? AF_INET6 : AF_INET, copy, bytes) == 1;
}

/* "localhost" and the names under it never leave the machine. */
static bool is_local(const char *text, size_t size)
{
    static const char suffix[] = ".localhost";
    const size_t length = sizeof(suffix) - 1;

    return equal("localhost", text, size) || equal("127.0.0.1", text, size) ||
           equal("[::1]", text, size) ||
           (size > length && strncasecmp(text + size - length, suffix, length) == 0);
}

bool hosts_allow(const hosts *known, const char *host)
{
    size_t size;

    if (host == NULL)
        return true;
    size = strlen(host);
    while (size > 0 && isdigit((unsigned char)host[size - 1]))
        size--; /* The port, if a colon is before it. */
    size = size > 0 && host[size - 1] == ':' ? size - 1 : strlen(host);
    if (equal(known->own, host, size) || (known->is_loopback && is_local(host, size)) ||
        (known->is_any && is_address(host, size)))
        return true;
    if (known->uploads != NULL && strcspn(known->uploads, ":") == size &&
        strncasecmp(known->uploads, host, size) == 0)
        return true;
    for (size_t i = 0; i < known->name_count; i++)
        if (equal(known->names[i], host, size))
            return true;
    return false;
}

bool hosts_allow_origin(const char *origin, const char *host)
{
    const char *authority;

    if (origin == NULL)
        return true;
    authority = strstr(origin, "://");
    return authority != NULL && host != NULL && strcasecmp(authority + 3, host) == 0;
}
