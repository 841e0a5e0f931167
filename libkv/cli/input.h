/**
 * Reading files and standard input, with a bound on memory.
 */
#ifndef KVI_CLI_INPUT_H
#define KVI_CLI_INPUT_H

#include "cli/command.h"

#include <stdio.h>

/** Start with {0}; release data with free(). */
typedef struct cli_bytes {
    char *data;
    size_t size;
    size_t capacity;
} cli_bytes;

/** What messages call it: "-" is standard input. */
const char *cli_input_name(const char *path);
/** "-" is standard input. NULL after a message. Close with cli_input_close(). */
FILE *cli_input_open(const cli *run, const char *path);
/** NULL and standard input are fine. */
void cli_input_close(FILE *file);
/** All of a file, which may have size_max bytes. Replaces what was in out. An exit status. */
int cli_input_read_all(const cli *run, const char *path, size_t size_max, cli_bytes *out);

/** A file line by line. Start with {.file = file, .name = ..., .size_max = ...}; end with
 *  free(buffer.data). */
typedef struct cli_lines {
    FILE *file;
    const char *name; /**< For messages. */
    size_t size_max;  /**< Of one line. */
    uint64_t number;  /**< Of the line last read, from 1. */
    uint64_t offset;  /**< Bytes read up to its end. */
    cli_bytes buffer;
    size_t next; /**< Where in the buffer the next line begins. */
} cli_lines;

/** The next line without its line feed: 1; 0 at the end; -1 after a message. The line is borrowed
 * until the next call. One that is longer than size_max is skipped: *line_out is NULL. */
int cli_lines_next(const cli *run, cli_lines *lines, const char **line_out, size_t *size_out);

#endif
