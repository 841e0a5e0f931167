/*
 * Answers as JSON, yes or no from a terminal, and whether anybody still takes the output.
 */
#ifndef KVI_CLI_CONSOLE_H
#define KVI_CLI_CONSOLE_H

#include "cli/command.h"

#include <jansson.h>

/* One line of JSON on stdout. Takes value. */
int cli_print_json(const cli *run, json_t *value);
/* Ask on the terminal; without one, or on a no, CLI_USAGE or CLI_REFUSED after a message. */
__attribute__((format(printf, 2, 3))) int cli_confirm(cli *run, const char *format, ...);
/* Whether output has failed, a closed pipe included: long runs stop then. */
int cli_output_failed(void);

#endif
