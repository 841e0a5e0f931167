/** What a check of pages is asked, and what it finds. */
#ifndef KVI_PAGE_FAULT_H
#define KVI_PAGE_FAULT_H

#include <stdint.h>

#define KVI_PAGE_FAULT_TEXT 160 /**< Bytes of a fault's text, with its end. */

/** Something wrong. */
typedef struct kvi_page_fault {
    uint64_t page;                  /**< Where; UINT64_MAX: in no page in particular. */
    const char *tree;               /**< The table's name, or what LMDB has beside tables. */
    char text[KVI_PAGE_FAULT_TEXT]; /**< "keys do not rise". */
} kvi_page_fault;

/** What to check, and what to call. */
typedef struct kvi_page_check {
    int fd;               /**< Of the data file; borrowed. */
    uint64_t transaction; /**< The one whose pages a reader holds; 0: the newest, no writers. */
    /** Called for each fault. Non-zero stops. */
    int (*found)(void *ctx, const kvi_page_fault *fault);
    /** Called now and then with pages looked at, and pages that there are. Non-zero stops. */
    int (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
} kvi_page_check;

#endif
