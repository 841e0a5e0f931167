/** Interrupts, as a long run meets them. */
#ifndef KVI_CLI_INTERRUPT_H
#define KVI_CLI_INTERRUPT_H

#include <stdbool.h>

/** SIGINT and SIGTERM ask a long run to stop between steps instead of ending it. */
void cli_stop_on_interrupt(void);
/** Whether one came. */
bool cli_interrupted(void);
/** If one came, end the process by it, as the shell expects: 130 for SIGINT, 143 for SIGTERM. Call
 *  it last, with the output flushed. */
void cli_end_if_interrupted(void);

#endif
