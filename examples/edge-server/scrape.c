#include "scrape.h"

#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 16
#define TIMEOUT_S 10

/* Owned: free(). NULL: no memory. */
static char *write_all(server *all, size_t *size_out)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size_out);
    metrics_levels levels = server_levels(all);
    kv_stats stats = KV_STATS_INIT;
    kv_buf store_text = {0};
    kv_status status;
    store *held;

    if (out == NULL)
        return NULL;
    metrics_write(all->metrics, &levels, out);
    held = service_take(all->service, &status);
    if (held != NULL && kv_stats_get(store_db(held), &stats) == KV_OK &&
        kv_stats_text(&stats, &store_text) == KV_OK)
        fputs(store_text.data, out);
    store_release(held);
    kv_buf_free(&store_text);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static struct MHD_Response *respond(server *all, const char *url, const char *method,
                                    unsigned *status_out)
{
    size_t size = 0;
    uint64_t own_size = 0;
    char id[REPLY_ID_MAX], *text;
    struct MHD_Response *response;

    if (strcmp(url, "/metrics") != 0 ||
        (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)) {
        *status_out = MHD_HTTP_NOT_FOUND;
        return reply_own("NotFound", "There is /metrics alone.", id, &own_size);
    }
    text = write_all(all, &size);
    if (text == NULL)
        return NULL;
    *status_out = MHD_HTTP_OK;
    response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(text);
    else
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                      "text/plain; version=0.0.4; charset=utf-8");
    return response;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context)
{
    static int seen; /* An address, to tell a request's first call. */
    enum MHD_Result result;
    unsigned status = 0;
    struct MHD_Response *response;

    (void)version;
    (void)data;
    if (*context == NULL) {
        *context = &seen;
        return MHD_YES;
    }
    if (*size > 0)
        return MHD_NO; /* Nobody asks for metrics with a body. */
    response = respond(cls, url, method, &status);
    if (response == NULL)
        return MHD_NO;
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

struct MHD_Daemon *scrape_start(server *all, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, all,
                            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)TIMEOUT_S, MHD_OPTION_END);
}
