/** What a failed call means for who ran the command: its exit status, and a message with advice. */
#ifndef KVI_CLI_FAILURE_H
#define KVI_CLI_FAILURE_H

#include "cli/command.h"

#include <stdarg.h>

/** Exit status of a kv_status, without a message. */
int cli_exit_code(kv_status status);
/** The same with the message "kv put: WHAT: why; what to do". */
__attribute__((format(printf, 3, 4))) int cli_failed(const cli *run, kv_status status,
                                                     const char *format, ...);
/** The same with an advice of the caller's, or "". */
__attribute__((format(printf, 4, 0))) int cli_vfailed(const cli *run, kv_status status,
                                                      const char *advice, const char *format,
                                                      va_list arguments);
/** CLI_ABSENT, after the message that there is no such key. */
int cli_absent(const cli *run, const char *key);
/** What to do about a status, or "", whatever the store is like. */
const char *cli_general_advice(kv_status status);
/** Bytes of an advice. */
#define CLI_ADVICE_SIZE 256
/** What to do about a status, or "": static, or in out. */
const char *cli_advice(const cli *run, kv_status status, char out[CLI_ADVICE_SIZE]);

#endif
