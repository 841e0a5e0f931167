/** Checks one of LMDB's trees with pread, for storage/page_check. */
#ifndef KVI_TREE_CHECK_H
#define KVI_TREE_CHECK_H

#include "base/slice.h"
#include "storage/lmdb_page.h"
#include "storage/page_fault.h"

#include <stdarg.h>
#include <stdbool.h>

/** What the checks of one file share. */
typedef struct kvi_tree_checks {
    const kvi_page_check *check; /**< What to call. */
    uint64_t page_size;          /**< Bytes. */
    uint64_t last_page;          /**< The highest page ever used. */
    uint64_t file_pages;         /**< Whole pages in the file. */
    uint8_t *reached;            /**< A bit for each page. */
    uint64_t reached_count;      /**< Of those bits. */
    uint8_t *levels;             /**< A page for each level of a tree. */
    uint8_t *cells;              /**< A byte for every two of a page. */
    uint64_t fault_count;        /**< Faults that were reported. */
    kv_status status;            /**< Not KV_OK: the end, at once. */
} kvi_tree_checks;

/** A row, as the tree shows it. */
typedef struct kvi_tree_row {
    kv_slice key;   /**< In the leaf. */
    unsigned flags; /**< KVI_NODE_... */
    uint64_t page;  /**< The leaf. */
    uint64_t at;    /**< Where in the file the data is, in one run. */
    uint64_t size;  /**< Of the data, bytes. */
} kvi_tree_row;

/** A tree to check. */
typedef struct kvi_tree_check {
    kvi_tree_checks *shared;
    const char *name;   /**< For messages. */
    kvi_lmdb_tree tree; /**< Its descriptor. */
    bool is_numeric;    /**< Keys are u64, compared as numbers. */
    unsigned row_flags; /**< Flags that its rows may have. */
    /** Called for each row; NULL: not. */
    void (*row)(void *ctx, const kvi_tree_row *row);
    void *ctx;
} kvi_tree_check;

/** Report a fault. */
__attribute__((format(printf, 4, 5))) void kvi_tree_fault(kvi_tree_checks *shared, const char *name,
                                                          uint64_t page, const char *format, ...);
/** Reach `count` pages from `page` on. False: some are out of range, missing in the file or reached
 *  before; a fault was reported. must_exist: the file must have them. */
bool kvi_tree_reach(kvi_tree_checks *shared, const char *name, uint64_t page, uint64_t count,
                    bool must_exist);
/** Read bytes of the file. False: shared->status says why, or `page` was reported as damaged. */
bool kvi_tree_read(kvi_tree_checks *shared, const char *name, uint64_t page, uint64_t at, void *out,
                   size_t size);
/** Check a tree. Faults are reported; shared->status is set if it must end. */
void kvi_tree_check_run(const kvi_tree_check *check);

#endif
