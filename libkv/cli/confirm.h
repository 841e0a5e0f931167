/** Asking before what cannot be undone. */
#ifndef KVI_CLI_CONFIRM_H
#define KVI_CLI_CONFIRM_H

#include "cli/command.h"

/** Ask on the terminal; without one, or on a no, CLI_USAGE or CLI_REFUSED after a message. */
__attribute__((format(printf, 2, 3))) int cli_confirm(cli *run, const char *format, ...);

#endif
