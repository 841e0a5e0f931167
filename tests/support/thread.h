/* Seeing that a thread waits, so that nobody has to guess how long that takes. */
#ifndef SUPPORT_THREAD_H
#define SUPPORT_THREAD_H

#include <stdbool.h>

/** This thread's number. */
long thread_number(void);
/** Until a thread of this process has been asleep in several looks in a row. False: it has ended,
 *  or was still awake after ten seconds. */
bool thread_falls_asleep(long number);

#endif
