/**
 * RLIMIT_FSIZE: a write beyond it ends the process by SIGXFSZ. So whatever makes a file longer asks
 * for the limit first, and LMDB writes while the signal is held back from the thread: then the
 * write fails instead, with EFBIG.
 */
#ifndef KVI_FILE_LIMIT_H
#define KVI_FILE_LIMIT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/** What the thread's signals were before. */
typedef struct kvi_file_limit_hold {
    sigset_t mask;
    bool is_held;     /**< There is a limit: the signal is held back. */
    bool was_pending; /**< It was before: then it is somebody else's. */
} kvi_file_limit_hold;

/** Bytes that a file of this process may have; UINT64_MAX: any number. */
uint64_t kvi_file_limit(void);
/** Hold the signal back from this thread, if there is a limit. */
void kvi_file_limit_begin(kvi_file_limit_hold *hold);
/** As it was before, without the signal that came meanwhile. On the thread that began; errno
 *  stays. */
void kvi_file_limit_end(kvi_file_limit_hold *hold);

#endif
