/*
 * How things look: bars, facts in columns, text that cannot drive a terminal, yes or no.
 */
#ifndef KVI_CLI_DISPLAY_H
#define KVI_CLI_DISPLAY_H

#include "cli/command.h"

#include <jansson.h>
#include <stdio.h>

/* A line "name   value", the names in one column. */
__attribute__((format(printf, 2, 3))) void cli_fact(const char *name, const char *format, ...);
/* "[#####...............]  27 %" */
#define CLI_BAR_SIZE 48
const char *cli_bar(uint64_t part, uint64_t whole, char out[CLI_BAR_SIZE]);
/* Bytes with everything that is not printable UTF-8 as \xNN. max: bytes shown at most, then
 * "..."; 0: all. */
void cli_print_text(FILE *out, const void *data, size_t size, size_t max);
/* One line of JSON on stdout. Takes value. */
int cli_print_json(const cli *run, json_t *value);
/* Ask on the terminal; without one, or on a no, CLI_USAGE or CLI_REFUSED after a message. */
__attribute__((format(printf, 2, 3))) int cli_confirm(cli *run, const char *format, ...);
/* Whether output has failed, a closed pipe included: long runs stop then. */
int cli_output_failed(void);

#endif
