/**
 * RLIMIT_FSIZE: a write beyond it ends the process by SIGXFSZ. So code that makes a file longer
 * asks for the limit first; and while LMDB writes, the thread blocks the signal, so that
 * the write fails with EFBIG instead.
 */
#ifndef KVI_FILE_LIMIT_H
#define KVI_FILE_LIMIT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/** What the thread's signals were before. Of one thread, between begin and end. */
typedef struct kvi_file_limit_hold {
    sigset_t mask;    /**< The thread's mask; valid with is_held. */
    bool is_held;     /**< There is a limit: the signal is held back. */
    bool was_pending; /**< The signal was pending before: it is not ours to take. */
} kvi_file_limit_hold;

/** Bytes that a file of this process may have; UINT64_MAX: any number. */
uint64_t kvi_file_limit(void);
/** Hold the signal back from this thread, if there is a limit. */
void kvi_file_limit_begin(kvi_file_limit_hold *hold);
/** Set the mask as it was before; a signal that came meanwhile is dropped. On the thread that
 * began. errno stays. */
void kvi_file_limit_end(kvi_file_limit_hold *hold);

#endif
