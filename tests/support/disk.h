/* A disk that remembers, and the power cuts that could have happened on it.
 *
 * The calls by which files are written are defined in the test program itself, so libkv's calls and
 * those of LMDB's shared library come here first; each is carried out and recorded. A program that
 * uses nothing of this header does not get them linked in. Afterwards disk_cut() makes the
 * directories that a power cut at any moment could have left: what was synced is there; of what was
 * not, any part: each write alone may be there, be missing or be torn between sectors of 512 bytes,
 * and so may each change of a size or of a directory.
 *
 * What is written through a map is not recorded: of a file named lock.mdb the bytes are those that
 * it had when the recording ended, or zeros. One thread writes. */
#ifndef SUPPORT_DISK_H
#define SUPPORT_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "support/tempdir.h"

/** Record what happens below a directory, which is empty. */
void disk_record(const char *root);
/** Note that the program was told something: all that went before must survive from here on. It
 *  makes nothing durable. `acked` never falls. */
void disk_ack(int acked);
/** End the recording. It stays until the next disk_record(). */
void disk_stop(void);

/** What the disk forgets though it was asked to keep it: to see that somebody notices. */
enum {
    DISK_NO_DATA_SYNC = 1, /**< fdatasync and fsync of files do nothing. */
    DISK_NO_DSYNC = 2,     /**< O_DSYNC does nothing. */
    DISK_NO_NAME_SYNC = 4, /**< fsync of directories does nothing. */
    DISK_LOSES_WRITES = 8  /**< One write in twenty is lost though it was synced. */
};

/** Which cuts to make. */
struct disk_cuts {
    uint64_t states; /**< About how many in all. */
    uint64_t seed;   /**< What chance chooses. */
    unsigned lies;   /**< DISK_..., from that acknowledgement on. */
    int from_ack;    /**< No cuts before this acknowledgement. */
    /** Look at one. `root` is a copy of the directory recorded, to be used and thrown away. false:
     *  it is bad. */
    bool (*look)(void *ctx, const char *root, int acked);
    void *ctx;
};

/** What became of them. */
struct disk_result {
    uint64_t states, bad;
    uint64_t cuts; /**< Moments at which the power was cut. */
};

/** Make the states, in a directory beside the one recorded. */
struct disk_result disk_cut(const struct disk_cuts *cuts);

#endif
