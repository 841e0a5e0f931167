/*
 * edge-server: the EdgeKV service on a libkv store, over HTTP. README.md beside this file has the
 * picture.
 *
 * The main thread opens everything, then waits for signals and looks after what needs a look now
 * and then: connections that take too long, a store that has moved, expired rows.
 */
#include "address.h"
#include "log.h"
#include "options.h"
#include "server.h"
#include "service.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEND_MS 200

typedef struct listener {
    address where;
    int fd; /* -1: none. */
} listener;

static bool listen_at(const char *option, const char *text, listener *out)
{
    char problem[512];

    out->fd = -1;
    if (text == NULL)
        return true;
    if (address_parse(text, &out->where, problem, sizeof(problem)))
        out->fd = address_listen(&out->where, problem, sizeof(problem));
    if (out->fd < 0)
        log_event("--%s: %s", option, problem);
    return out->fd >= 0;
}

/* Without authentication only this machine may be served; looked at before anybody can connect. */
static bool may_listen(const options *given)
{
    char problem[512];
    address where;

    if (!given->has_no_auth || !address_parse(given->listen, &where, problem, sizeof(problem)) ||
        address_is_loopback(&where))
        return true; /* A fault of the address is reported by listen_at(). */
    log_event("--no-auth serves everybody who can connect: --listen must be on loopback, and %s "
              "is not",
              given->listen);
    return false;
}

/*
 * What clients are told to upload to: "bucket.endpoint:port" in their words. An IPv4 address has
 * the dot that this takes, and needs no name server: bucket 127, endpoint 0.0.1:8787. false: a line
 * on stderr says why.
 */
static bool upload_host(const options *given, const listener *at, char *out, size_t out_size)
{
    char text[ADDRESS_TEXT_MAX];
    const char *name = given->host_count > 0 ? given->hosts[0] : text;

    out[0] = '\0';
    if (given->upload_dir == NULL)
        return true;
    address_text((const struct sockaddr *)&at->where.socket, false, text);
    (void)snprintf(out, out_size, "%s:%u", name, address_port(&at->where));
    if (given->upload_host != NULL)
        (void)snprintf(out, out_size, "%s", given->upload_host);
    else if (strchr(name, '.') == NULL || name[0] == '[' ||
             (name == text && address_is_any(&at->where))) {
        log_event("--upload-dir: name with --upload-host, or as the first --host, where clients "
                  "upload to; \"%s\" is no such name",
                  name);
        return false;
    }
    return true;
}

static void say_ready(const options *given, const listener *main_at, const listener *metrics_at)
{
    char text[ADDRESS_TEXT_MAX];

    address_text((const struct sockaddr *)&main_at->where.socket, true, text);
    log_event("serving %s at http://%s/ (console: http://%s/console/)%s", given->store, text, text,
              given->has_no_auth ? ", without authentication" : "");
    if (metrics_at->fd < 0)
        return;
    address_text((const struct sockaddr *)&metrics_at->where.socket, true, text);
    log_event("metrics at http://%s/metrics", text);
}

/* Blocked here and in all threads that come: only run() takes them. */
static void block_signals(sigset_t *out)
{
    (void)sigemptyset(out);
    (void)sigaddset(out, SIGTERM);
    (void)sigaddset(out, SIGINT);
    (void)sigaddset(out, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, out, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* A lost client is a write that fails. */
}

static void run(server *all, const sigset_t *signals)
{
    const struct timespec tick = {0, TEND_MS * 1000000L};

    for (;;) {
        int number = sigtimedwait(signals, NULL, &tick);
        if (number == SIGHUP)
            service_reload(all->service);
        if (number == SIGTERM || number == SIGINT)
            return;
        server_tend(all);
        service_tend(all->service);
    }
}

static int serve(const options *given, const sigset_t *signals)
{
    server all;
    char host[ADDRESS_TEXT_MAX + 256];
    listener main_at = {.fd = -1}, metrics_at = {.fd = -1};
    service *opened;
    bool is_started;

    if (!may_listen(given) || !listen_at("listen", given->listen, &main_at) ||
        !listen_at("metrics", given->metrics, &metrics_at))
        return 1;
    if (!upload_host(given, &main_at, host, sizeof(host)))
        return 1;
    opened = service_open(given, host);
    if (opened == NULL)
        return 1;
    is_started = server_start(&all, given, opened, main_at.fd, &main_at.where, metrics_at.fd);
    if (is_started) {
        say_ready(given, &main_at, &metrics_at);
        run(&all, signals);
        log_event("stopping: finishing the requests in flight");
    }
    server_stop(&all);
    service_close(opened);
    log_event("stopped");
    return is_started ? 0 : 1;
}

int main(int argc, char **argv)
{
    options given;
    sigset_t signals;
    int code;

    if (!options_parse(argc, argv, &given, &code))
        return code;
    block_signals(&signals);
    return serve(&given, &signals);
}
