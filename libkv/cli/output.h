/**
 * Answers as JSON, and whether the output is still read.
 */
#ifndef KVI_CLI_OUTPUT_H
#define KVI_CLI_OUTPUT_H

#include "cli/command.h"

#include "edge/json_write.h"

/** Print what was written, and forget it; a line feed if it is a line of its own. An exit status:
 *  without memory for all of it nothing is printed. */
int cli_print_json(const cli *run, kvi_json_writer *json, bool is_line);
/** Whether output has failed, a closed pipe included: long runs stop then. */
bool cli_output_failed(void);

#endif
