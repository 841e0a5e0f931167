#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

typedef struct line {
    char text[LINE_MAX_BYTES];
    size_t size; /* Always leaves room for the line feed. */
} line;

static void add_raw(line *out, char byte)
{
    if (out->size < sizeof(out->text) - 1)
        out->text[out->size++] = byte;
}

/* is_word: spaces too, so that the fields of a request's line can be told apart. */
static void add(line *out, const char *text, bool is_word)
{
    static const char digits[] = "0123456789abcdef";

    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte >= 0x7f || byte == '\\' || (is_word && byte == ' ')) {
            add_raw(out, '\\');
            add_raw(out, 'x');
            add_raw(out, digits[byte >> 4]);
            add_raw(out, digits[byte & 15]);
        } else {
            add_raw(out, (char)byte);
        }
    }
}

static void add_word(line *out, const char *label, const char *word)
{
    add(out, label, false);
    add(out, *word == '\0' ? "-" : word, true);
}

static void add_number(line *out, const char *label, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    add_word(out, label, text);
}

static void add_time(line *out)
{
    struct timespec now;
    struct tm parts;
    char date[32], text[48];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text, sizeof(text), "%s.%03ldZ", date, now.tv_nsec / 1000000);
    add(out, text, true);
}

static void end(line *out)
{
    out->text[out->size++] = '\n';
    if (write(STDERR_FILENO, out->text, out->size) < 0)
        return; /* Nobody reads the log: serving goes on. */
}

void log_write_request(const log_request *facts)
{
    line out;

    out.size = 0;
    add_time(&out);
    add_word(&out, " ", facts->peer);
    add_word(&out, " ", facts->action);
    add_word(&out, " key=", facts->key_id);
    add_number(&out, " status=", (uint64_t)facts->status);
    add_word(&out, " code=", facts->code);
    add_number(&out, " in=", facts->bytes_in);
    add_number(&out, " out=", facts->bytes_out);
    add_number(&out, " us=", facts->us);
    add_number(&out, " store_us=", facts->store_us);
    add_word(&out, " id=", facts->id);
    end(&out);
}

void log_event(const char *format, ...)
{
    line out;
    char text[LINE_MAX_BYTES / 2];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    out.size = 0;
    add_time(&out);
    add(&out, " edge-server: ", false);
    add(&out, text, false);
    end(&out);
}
