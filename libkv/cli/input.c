#include "cli/input.h"

#include "cli/interrupt.h"
#include "cli/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

const char *cli_input_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

FILE *cli_input_open(const cli *run, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (file == NULL)
        cli_message(run, "cannot open %s: %s", path, strerror(errno));
    return file;
}

void cli_input_close(FILE *file)
{
    if (file != NULL && file != stdin)
        fclose(file);
}

/* Read a chunk behind what is there. Returns the bytes read; 0 at the end; -1: no memory. */
static long input_fill(FILE *file, cli_bytes *bytes)
{
    size_t count = 0;

    if (bytes->capacity - bytes->size < CHUNK) {
        size_t capacity = bytes->capacity * 2 + CHUNK;
        char *data = realloc(bytes->data, capacity);
        if (data == NULL)
            return -1;
        bytes->data = data;
        bytes->capacity = capacity;
    }
    count = fread(bytes->data + bytes->size, 1, CHUNK, file);
    bytes->size += count;
    return (long)count;
}

int cli_input_read_all(const cli *run, const char *path, size_t size_max, cli_bytes *out)
{
    FILE *file = cli_input_open(run, path);
    char text[CLI_TEXT_SIZE];
    int code = CLI_STORE_FAILED;
    long count = 1;

    out->size = 0;
    if (file == NULL)
        return code;
    while (out->size <= size_max && (count = input_fill(file, out)) > 0)
        ;
    if (count < 0) {
        cli_message(run, "no memory for %s", cli_input_name(path));
    } else if (ferror(file)) {
        cli_message(run, "cannot read %s: %s", cli_input_name(path), strerror(errno));
    } else if (out->size > size_max) {
        cli_message(run, "%s has more than %s", cli_input_name(path),
                    cli_size_text(size_max, text));
        code = CLI_REFUSED;
    } else {
        code = CLI_DONE;
    }
    cli_input_close(file);
    return code;
}

/* Keep the bytes of the line so far, at the buffer's front, and read more behind them. Returns as
   input_fill(). */
static long lines_fill(cli_lines *lines, bool *is_long)
{
    cli_bytes *buffer = &lines->buffer;
    size_t left = buffer->size - lines->next;

    if (left > lines->size_max) { /* Of no use any more. */
        *is_long = true;
        lines->offset += left;
        left = 0;
    }
    if (lines->next > 0 && left > 0)
        memmove(buffer->data, buffer->data + lines->next, left);
    lines->next = 0;
    buffer->size = left;
    return input_fill(lines->file, buffer);
}

int cli_lines_next(const cli *run, cli_lines *lines, const char **line_out, size_t *size_out)
{
    cli_bytes *buffer = &lines->buffer;
    size_t searched = 0; /* Of the bytes from lines->next on. */
    bool is_long = false;
    long count = 1;

    for (;;) {
        size_t left = buffer->size - lines->next;
        const char *line = left == 0 ? NULL : buffer->data + lines->next;
        const char *end = left <= searched ? NULL : memchr(line + searched, '\n', left - searched);
        if (end != NULL || (count == 0 && (left > 0 || is_long))) {
            *size_out = end == NULL ? left : (size_t)(end - line);
            *line_out = is_long ? NULL : line;
            lines->next += *size_out + (end != NULL);
            lines->offset += *size_out + (end != NULL);
            lines->number++;
            return 1;
        }
        if (count == 0)
            break;
        count = lines_fill(lines, &is_long);
        searched = buffer->size < left ? 0 : left;
        if (count < 0) {
            cli_message(run, "%s, line %llu: no memory for it", lines->name,
                        (unsigned long long)lines->number + 1);
            return -1;
        }
        if (ferror(lines->file)) /* What came of a line is not one. */
            break;
    }
    if (ferror(lines->file) && !cli_interrupted()) {
        cli_message(run, "cannot read the rest of %s: %s", lines->name, strerror(errno));
        return -1;
    }
    return 0;
}
