/*
 * The smallest front end of libkv-edge: one HTTP request from stdin, its answer to stdout.
 *
 *     edge_stdin DIRECTORY [CREDENTIALS]     a file of access keys; without one, anyone may
 *     socat TCP-LISTEN:8787,bind=127.0.0.1,reuseaddr,fork EXEC:'edge_stdin /tmp/store'
 *
 * The store is opened for each request, and nonces end with the process: a request that is sent
 * again is done again. A body must have a Content-Length.
 */
#include <kv_edge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is before the separators; text is then behind them. */
static kv_slice cut(char **text, const char *separators)
{
    kv_slice part = {*text, strcspn(*text, separators)};
    *text += part.size + strspn(*text + part.size, separators);
    return part;
}

/* "POST /?Namespace=site HTTP/1.1", "Name: value" and so on, an empty line. Returns how long the
   body is. */
static size_t read_head(kv_edge_head *head, kv_edge_header headers[64])
{
    static char text[65536]; /* All lines stay where they are. */
    char *line = text;
    size_t body_size = 0;

    while (fgets(line, (int)(text + sizeof(text) - line), stdin) != NULL && *line > ' ') {
        char *at = line;
        line += strlen(line) + 1;
        if (head->method.size == 0) {
            head->method = cut(&at, " ");
            head->target = cut(&at, " ");
        } else if (head->header_count < 64) {
            if (strncasecmp(at, "Content-Length:", 15) == 0)
                body_size = strtoull(at + 15, NULL, 10);
            headers[head->header_count].name = cut(&at, ": ");
            headers[head->header_count++].value = cut(&at, "\r\n");
        }
    }
    return body_size;
}

static void serve(kv_edge *edge)
{
    char body[65536];
    kv_edge_header headers[64];
    kv_edge_head head = {.headers = headers};
    kv_edge_request *request = NULL;
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;
    size_t left = read_head(&head, headers), size = 0;

    if (kv_edge_begin(edge, &head, &request) != KV_OK)
        return;
    while (left > 0 && (size = fread(body, 1, left < 65536 ? left : 65536, stdin)) > 0 &&
           kv_edge_body(request, body, size))
        left -= size;
    if (left == 0 || size > 0) { /* Complete or refused; else it was cut off. */
        kv_edge_finish(request, &answer);
        printf("HTTP/1.1 %d EdgeKV\r\nContent-Type: %.*s\r\nContent-Length: %zu\r\n\r\n",
               (int)answer.http, (int)answer.content_type.size,
               (const char *)answer.content_type.data, answer.body.size);
        fwrite(answer.body.data, 1, answer.body.size, stdout);
    }
    kv_edge_end(request);
}

int main(int argc, char **argv)
{
    static char keys[1 << 20];
    FILE *file = argc > 2 ? fopen(argv[2], "rb") : NULL;
    size_t keys_size = file == NULL ? 0 : fread(keys, 1, sizeof(keys), file);
    kv_options options = {.size = sizeof(options), .flags = KV_CREATE};
    kv_edge_options how = {.size = sizeof(how), .flags = argc > 2 ? 0 : KV_EDGE_NO_AUTH};
    kv_error error = {.size = sizeof(error),
                      .message = "usage: edge_stdin DIRECTORY [CREDENTIALS]"};
    kv_db *db = NULL;
    kv_edge *edge = NULL;

    if (argc > 1 && kv_open(argv[1], &options, NULL, &db, &error) == KV_OK &&
        kv_edge_open(db, &how, argc > 2 ? keys : NULL, keys_size, &edge, &error) == KV_OK)
        serve(edge);
    else
        fprintf(stderr, "edge_stdin: %s\n", error.message);
    kv_edge_close(edge);
    kv_close(db);
    return edge == NULL || fflush(stdout) != 0;
}
