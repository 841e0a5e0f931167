/**
 * How things look: bars, facts in columns, text that cannot drive a terminal. Knows no run of the
 * command.
 */
#ifndef KVI_CLI_DISPLAY_H
#define KVI_CLI_DISPLAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** A line "name   value", the names in one column. */
__attribute__((format(printf, 2, 3))) void cli_fact(const char *name, const char *format, ...);
/** "[#####...............]  27 %" */
#define CLI_BAR_SIZE 48
/** Draw a part of a whole into out, and hand it back. */
const char *cli_bar(uint64_t part, uint64_t whole, char out[CLI_BAR_SIZE]);
/** Bytes with everything that is not printable UTF-8 as \xNN. max: bytes shown at most, then
 * "..."; 0: all. */
void cli_print_text(FILE *out, const void *data, size_t size, size_t max);
/** All of a text of lines: as cli_print_text(), but line feeds and tabs stay. */
void cli_print_lines(FILE *out, const void *data, size_t size);

#endif
