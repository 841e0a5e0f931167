/*
 * edge-load: drives edge-server with requests that were made, and signed, before the clock starts.
 * A signed request is good once, so no general load generator can send them again and again; and to
 * sign while measuring would measure the signing.
 *
 *     edge-load HOST PORT KIND COUNT CONNECTIONS [KEY_ID SECRET]
 *
 * KIND: get (one random key), batch (BatchPutDcdnKv of 100 random keys of 1,000 bytes), fill (the
 * same, all keys once: COUNT is keys / 100). Namespace "load", keys k0000000 up to KEYS. Without a
 * key id the requests are not signed. Prints one line:
 * KIND SIGNED COUNT SECONDS PER_SECOND P50_US P99_US MAX_US FAILED
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEYS 100000
#define BATCH 100
#define VALUE_SIZE 1000
#define ANSWER_MAX 65536

typedef struct text {
    char *data;
    size_t size, capacity;
} text;

typedef struct plan {
    const char *host, *kind, *key_id, *secret;
    int port;
    size_t count, connections;
    uint64_t random;
} plan;

typedef struct line {
    int fd;
    size_t request, sent; /* The one on its way, and how much of it is. */
    uint64_t begun_us;
    char answer[ANSWER_MAX];
    size_t answer_size;
} line;

static void fail(const char *what)
{
    fprintf(stderr, "edge-load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t random_next(plan *all)
{
    all->random ^= all->random << 13;
    all->random ^= all->random >> 7;
    all->random ^= all->random << 17;
    return all->random;
}

/* ---- Making requests */

static void add(text *out, const char *data, size_t size)
{
    if (out->size + size + 1 > out->capacity) {
        out->capacity = (out->size + size + 1) * 2;
        out->data = realloc(out->data, out->capacity);
        if (out->data == NULL)
            fail("memory");
    }
    memcpy(out->data + out->size, data, size);
    out->size += size;
    out->data[out->size] = '\0';
}

__attribute__((format(printf, 2, 3))) static void add_format(text *out, const char *format, ...)
{
    char buffer[2048];
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(buffer, sizeof(buffer), format, arguments);
    va_end(arguments);
    add(out, buffer, (size_t)size);
}

static void add_hex(char *out, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        (void)sprintf(out + 2 * i, "%02x", bytes[i]);
}

static void hash_hex(const char *data, size_t size, char out[65])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    (void)SHA256((const unsigned char *)data, size, digest);
    add_hex(out, digest, sizeof(digest));
}

/* Letters and digits, which need no encoding; zstd saves a quarter of them. */
static void add_value(plan *all, text *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char value[VALUE_SIZE];

    for (size_t i = 0; i < VALUE_SIZE; i += 10) {
        uint64_t bits = random_next(all);
        for (size_t j = 0; j < 10; j++, bits >>= 6)
            value[i + j] = letters[bits & 63];
    }
    add(out, value, sizeof(value));
}

static void make_body(plan *all, size_t number, text *out)
{
    bool is_fill = strcmp(all->kind, "fill") == 0;

    out->size = 0;
    if (strcmp(all->kind, "get") == 0)
        return;
    add_format(out, "KvList=%%5B");
    for (size_t i = 0; i < BATCH; i++) {
        uint64_t key = is_fill ? number * BATCH + i : random_next(all);
        add_format(out, "%s%%7B%%22Key%%22%%3A%%22k%07u%%22%%2C%%22Value%%22%%3A%%22",
                   i == 0 ? "" : "%2C", (unsigned)(key % KEYS));
        add_value(all, out);
        add_format(out, "%%22%%7D");
    }
    add_format(out, "%%5D");
}

/* The headers that are signed, in their order, with this between name and value. */
static void add_headers(text *out, const plan *all, size_t number, const char *body_hash,
                        const char *date, const char *colon, const char *end)
{
    bool is_get = strcmp(all->kind, "get") == 0;

    if (!is_get)
        add_format(out, "content-type%sapplication/x-www-form-urlencoded%s", colon, end);
    add_format(out, "host%s%s:%d%s", colon, all->host, all->port, end);
    add_format(out, "x-acs-action%s%s%s", colon, is_get ? "GetDcdnKv" : "BatchPutDcdnKv", end);
    add_format(out, "x-acs-content-sha256%s%s%s", colon, body_hash, end);
    add_format(out, "x-acs-date%s%s%s", colon, date, end);
    add_format(out, "x-acs-signature-nonce%s%08x%016llx%s", colon, (unsigned)number,
               (unsigned long long)all->random, end);
    add_format(out, "x-acs-version%s2018-01-15%s", colon, end);
}

#define SIGNED                                                                                     \
    "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"

static void sign(const plan *all, const char *canonical, size_t size, char out[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    char hash[65], to_sign[128];
    int length;

    hash_hex(canonical, size, hash);
    length = snprintf(to_sign, sizeof(to_sign), "ACS3-HMAC-SHA256\n%s", hash);
    (void)HMAC(EVP_sha256(), all->secret, (int)strlen(all->secret), (unsigned char *)to_sign,
               (size_t)length, digest, &digest_size);
    add_hex(out, digest, digest_size);
}

static void make_request(plan *all, size_t number, text *body, text *canonical, text *out)
{
    bool is_get = strcmp(all->kind, "get") == 0;
    const char *names = is_get ? SIGNED : "content-type;" SIGNED;
    char query[64] = "Namespace=load", hash[65], signature[65], date[32];
    time_t now = time(NULL);

    (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    make_body(all, number, body);
    if (is_get)
        (void)snprintf(query, sizeof(query), "Key=k%07u&Namespace=load",
                       (unsigned)(random_next(all) % KEYS));
    hash_hex(body->size == 0 ? "" : body->data, body->size, hash);
    add_format(out, "%s /?%s HTTP/1.1\r\n", is_get ? "GET" : "POST", query);
    add_headers(out, all, number, hash, date, ": ", "\r\n");
    if (all->key_id != NULL) {
        canonical->size = 0;
        add_format(canonical, "%s\n/\n%s\n", is_get ? "GET" : "POST", query);
        add_headers(canonical, all, number, hash, date, ":", "\n");
        add_format(canonical, "\n%s\n%s", names, hash);
        sign(all, canonical->data, canonical->size, signature);
        add_format(
            out, "Authorization: ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s\r\n",
            all->key_id, names, signature);
    }
    add_format(out, "Content-Length: %zu\r\n\r\n", body->size);
    if (body->size > 0)
        add(out, body->data, body->size);
}

static text *make_requests(plan *all)
{
    text *requests = calloc(all->count, sizeof(*requests));
    text body = {0}, canonical = {0};

    if (requests == NULL)
        fail("memory");
    for (size_t i = 0; i < all->count; i++) {
        make_request(all, i, &body, &canonical, &requests[i]);
        requests[i].data = realloc(requests[i].data, requests[i].size + 1);
        requests[i].capacity = requests[i].size + 1;
    }
    free(body.data);
    free(canonical.data);
    return requests;
}

/* ---- Sending them */

typedef struct run {
    const plan *all;
    text *requests;
    size_t next, done, failed;
    uint32_t *took_us;
    int poll;
} run;

static void open_line(run *state, line *one)
{
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)state->all->port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    int yes = 1;

    one->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (one->fd < 0 || inet_pton(AF_INET, state->all->host, &where.sin_addr) != 1 ||
        connect(one->fd, (struct sockaddr *)&where, sizeof(where)) != 0)
        fail("connect");
    (void)setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    (void)fcntl(one->fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(state->poll, EPOLL_CTL_ADD, one->fd, &event) != 0)
        fail("epoll");
}

/* As much as the socket takes; the rest when it takes more. */
static void send_some(run *state, line *one)
{
    const text *request = &state->requests[one->request];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};

    while (one->sent < request->size) {
        ssize_t size =
            send(one->fd, request->data + one->sent, request->size - one->sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EAGAIN)
            break;
        if (size < 0)
            fail("send");
        one->sent += (size_t)size;
    }
    if (one->sent < request->size)
        event.events |= EPOLLOUT;
    (void)epoll_ctl(state->poll, EPOLL_CTL_MOD, one->fd, &event);
}

static void send_next(run *state, line *one)
{
    if (state->next == state->all->count)
        return;
    one->request = state->next++;
    one->sent = 0;
    one->answer_size = 0;
    one->begun_us = now_us();
    send_some(state, one);
}

/* Whether the answer is whole. */
static bool is_whole(const line *one)
{
    const char *end = strstr(one->answer, "\r\n\r\n");
    const char *length = end == NULL ? NULL : strcasestr(one->answer, "\r\nContent-Length:");

    return length != NULL &&
           one->answer_size >= (size_t)(end + 4 - one->answer) + strtoul(length + 17, NULL, 10);
}

static void receive(run *state, line *one)
{
    ssize_t size =
        recv(one->fd, one->answer + one->answer_size, ANSWER_MAX - 1 - one->answer_size, 0);

    if (size <= 0 && errno == EAGAIN)
        return;
    if (size <= 0)
        fail("the server closed a connection");
    one->answer_size += (size_t)size;
    one->answer[one->answer_size] = '\0';
    if (!is_whole(one))
        return;
    if (strncmp(one->answer + 9, "200", 3) != 0 && state->failed++ == 0)
        fprintf(stderr, "edge-load: the first that failed: %s\n", one->answer);
    state->took_us[state->done++] = (uint32_t)(now_us() - one->begun_us);
    send_next(state, one);
}

static void run_all(run *state)
{
    struct epoll_event events[256];
    line *lines = calloc(state->all->connections, sizeof(*lines));

    state->poll = epoll_create1(0);
    if (lines == NULL || state->poll < 0)
        fail("memory");
    for (size_t i = 0; i < state->all->connections; i++)
        open_line(state, &lines[i]);
    for (size_t i = 0; i < state->all->connections; i++)
        send_next(state, &lines[i]);
    while (state->done < state->all->count) {
        int count = epoll_wait(state->poll, events, 256, 30000);
        if (count <= 0)
            fail("no answer for 30 seconds");
        for (int i = 0; i < count; i++) {
            if ((events[i].events & EPOLLOUT) != 0)
                send_some(state, events[i].data.ptr);
            if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
                receive(state, events[i].data.ptr);
        }
    }
    free(lines);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    plan all = {.random = (uint64_t)now_us() * 2654435761u + 88172645463325252u};
    run state = {.all = &all};
    uint64_t begun_us, took_us;

    if (argc != 6 && argc != 8) {
        fprintf(stderr, "usage: edge-load HOST PORT KIND COUNT CONNECTIONS [KEY_ID SECRET]\n");
        return 64;
    }
    all.host = argv[1];
    all.port = atoi(argv[2]); /* NOLINT(cert-err34-c): a tool for those who know it. */
    all.kind = argv[3];
    all.count = strtoul(argv[4], NULL, 10);
    all.connections = strtoul(argv[5], NULL, 10);
    all.key_id = argc == 8 ? argv[6] : NULL;
    all.secret = argc == 8 ? argv[7] : NULL;
    if (all.count == 0 || all.connections == 0)
        return 64;
    state.requests = make_requests(&all);
    state.took_us = calloc(all.count, sizeof(*state.took_us));
    if (state.took_us == NULL)
        fail("memory");
    begun_us = now_us();
    run_all(&state);
    took_us = now_us() - begun_us;
    qsort(state.took_us, all.count, sizeof(*state.took_us), compare);
    printf("%s\t%s\t%zu\t%.3f\t%.0f\t%u\t%u\t%u\t%zu\n", all.kind,
           all.key_id == NULL ? "unsigned" : "signed", all.count, (double)took_us / 1e6,
           (double)all.count * 1e6 / (double)took_us, state.took_us[all.count / 2],
           state.took_us[all.count * 99 / 100], state.took_us[all.count - 1], state.failed);
    return state.failed == 0 ? 0 : 1;
}
