/* Another process that holds a snapshot of a fixture's store. */
#ifndef SUPPORT_HOLDER_H
#define SUPPORT_HOLDER_H

#include "support/fixture.h"

#include <sys/types.h>

struct holder {
    struct fixture *fixture;
    pid_t child;
    int ready[2], go[2];
};

/** Start it; it has its snapshot when this returns. */
void holder_start(struct holder *holder, struct fixture *fixture);
/** It ends its snapshot, closes the store and exits. */
void holder_end(struct holder *holder);
/** It dies with its snapshot. */
void holder_kill(struct holder *holder);

#endif
