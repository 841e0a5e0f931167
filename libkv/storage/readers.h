/** The readers of all processes, as LMDB's lock file has them. */
#ifndef KVI_READERS_H
#define KVI_READERS_H

#include "storage/env.h"

/** The oldest view that a reader of any process has. */
typedef struct kvi_reader {
    uint64_t transaction; /**< That it sees; the newest one if no reader is behind. */
    uint64_t process;     /**< Of a reader that sees it; 0: no reader is behind the newest. */
} kvi_reader;

/** Clear the reader slots of dead processes. Returns how many. */
uint32_t kvi_readers_clear(kvi_env *env);
/** The oldest view that a reader of any process has. */
kvi_reader kvi_readers_oldest(const kvi_env *env);

#endif
