/**
 * Answers as JSON, yes or no from a terminal, and whether anybody still takes the output.
 */
#ifndef KVI_CLI_CONSOLE_H
#define KVI_CLI_CONSOLE_H

#include "cli/command.h"

#include "edge/json_write.h"

/** Print what was written, and forget it; a line feed if it is a line of its own. An exit status:
 *  without memory for all of it nothing is printed. */
int cli_print_json(const cli *run, kvi_json_writer *json, bool is_line);
/** Ask on the terminal; without one, or on a no, CLI_USAGE or CLI_REFUSED after a message. */
__attribute__((format(printf, 2, 3))) int cli_confirm(cli *run, const char *format, ...);
/** Whether output has failed, a closed pipe included: long runs stop then. */
bool cli_output_failed(void);

#endif
