/** Interrupts, as a long run meets them. */
#ifndef KVI_CLI_INTERRUPT_H
#define KVI_CLI_INTERRUPT_H

#include <stdbool.h>

/** SIGINT and SIGTERM ask a long run to stop between steps instead of ending it. */
void cli_stop_on_interrupt(void);
/** Whether one came. */
bool cli_interrupted(void);

#endif
