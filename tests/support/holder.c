#include "support/holder.h"

#include "support/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int hold_snapshot(void *ctx)
{
    struct holder *holder = ctx;
    kv_db *db = NULL;
    kv_snapshot *snapshot = NULL;
    char byte;

    if (kv_open(holder->fixture->path, &holder->fixture->options, NULL, &db, NULL) != KV_OK ||
        kv_snapshot_begin(db, &snapshot) != KV_OK || write(holder->ready[1], "r", 1) != 1 ||
        read(holder->go[0], &byte, 1) != 1)
        return 1;
    kv_snapshot_end(snapshot);
    kv_close(db);
    return 0;
}

void holder_start(struct holder *holder, struct fixture *fixture)
{
    char byte;

    *holder = (struct holder){.fixture = fixture};
    assert_int_equal(pipe(holder->ready) | pipe(holder->go), 0);
    holder->child = child_start(hold_snapshot, holder);
    assert_int_equal(read(holder->ready[0], &byte, 1), 1);
}

static void holder_close(struct holder *holder)
{
    for (int i = 0; i < 2; i++) {
        (void)close(holder->ready[i]);
        (void)close(holder->go[i]);
    }
}

void holder_end(struct holder *holder)
{
    assert_int_equal(write(holder->go[1], "g", 1), 1);
    assert_int_equal(child_wait(holder->child), 0);
    holder_close(holder);
}

void holder_kill(struct holder *holder)
{
    assert_int_equal(kill(holder->child, SIGKILL), 0);
    assert_int_equal(waitpid(holder->child, NULL, 0), holder->child);
    holder_close(holder);
}
