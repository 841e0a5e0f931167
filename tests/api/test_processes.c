/* Several processes on one store: creation raced, writes side by side, writers killed. The parent
 * opens the store only when the children are gone, or apart from them. */
#include "support/fixture.h"
#include "support/groups.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 4

struct children {
    pid_t pids[CHILDREN];
    int go[2];  /* Closed by the parent: all start at once. */
    int ack[2]; /* What children have to tell. */
};

typedef int (*child_run)(struct fixture *fixture, struct children *children, unsigned number);

static void children_start(struct fixture *fixture, struct children *children, child_run run)
{
    char byte;

    assert_int_equal(pipe(children->go), 0);
    assert_int_equal(pipe(children->ack), 0);
    for (unsigned i = 0; i < CHILDREN; i++) {
        children->pids[i] = fork();
        assert_true(children->pids[i] >= 0);
        if (children->pids[i] == 0) {
            (void)close(children->go[1]);
            (void)close(children->ack[0]);
            (void)!read(children->go[0], &byte, 1);
            _exit(run(fixture, children, i));
        }
    }
    (void)close(children->go[0]);
    (void)close(children->ack[1]);
    (void)close(children->go[1]);
}

static void children_end(struct children *children)
{
    for (unsigned i = 0; i < CHILDREN; i++) {
        int status = 0;

        assert_int_equal(waitpid(children->pids[i], &status, 0), children->pids[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    (void)close(children->ack[0]);
}

/* ---- Creation */

static int create_and_put(struct fixture *fixture, struct children *children, unsigned number)
{
    char key[24];
    kv_op op;
    kv_db *db = NULL;
    kv_ns ns = 0;
    kv_snapshot *snapshot = NULL;
    kv_status status;

    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 1;
    status = kv_namespace_create(db, "main", 4, &ns);
    if (status == KV_NAMESPACE_EXISTS) {
        if (kv_snapshot_begin(db, &snapshot) != KV_OK ||
            kv_namespace_find(snapshot, "main", 4, &ns) != KV_OK)
            return 2;
        kv_snapshot_end(snapshot);
    } else if (status != KV_OK) {
        return 3;
    }
    (void)snprintf(key, sizeof(key), "from-%u", number);
    op = op_put(key, key);
    if (kv_put(db, ns, &op, NULL) != KV_OK)
        return 4;
    kv_close(db);
    return write(children->ack[1], "a", 1) == 1 ? 0 : 5;
}

static void test_creators(void **state)
{
    struct fixture *fixture = *state;

    for (int round = 0; round < 15; round++) {
        struct children children;
        char key[24], name[32];
        kv_snapshot *snapshot;

        (void)snprintf(name, sizeof(name), "store-%d", round);
        tempdir_join(fixture->path, fixture->root, name);
        children_start(fixture, &children, create_and_put);
        children_end(&children);
        fixture_open(fixture);
        snapshot = fixture_snapshot(fixture);
        assert_status(kv_namespace_find(snapshot, "main", 4, &fixture->ns), KV_OK);
        kv_snapshot_end(snapshot);
        for (unsigned i = 0; i < CHILDREN; i++) {
            (void)snprintf(key, sizeof(key), "from-%u", i);
            fixture_expect(fixture, key, key);
        }
        fixture_close(fixture);
    }
}

/* ---- Side by side */

static int write_and_read(struct fixture *fixture, struct children *children, unsigned number)
{
    uint64_t last[CHILDREN] = {0};
    kv_db *db = NULL;

    (void)children;
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 1;
    for (uint64_t n = 1; n <= 60; n++) {
        kv_snapshot *snapshot = NULL;

        if (!group_write(db, fixture->ns, number, n))
            return 2;
        if (kv_snapshot_begin(db, &snapshot) != KV_OK)
            return 3;
        for (unsigned group = 0; group < CHILDREN; group++) {
            uint64_t seen = group_read(snapshot, fixture->ns, group);

            if (seen == GROUP_TORN || seen < last[group] || (group == number && seen != n))
                return 4;
            last[group] = seen;
        }
        kv_snapshot_end(snapshot);
    }
    kv_close(db);
    return 0;
}

static void test_side_by_side(void **state)
{
    struct fixture *fixture = *state;
    struct children children;
    kv_snapshot *snapshot;

    fixture_close(fixture);
    children_start(fixture, &children, write_and_read);
    children_end(&children);
    fixture_open(fixture);
    snapshot = fixture_snapshot(fixture);
    for (unsigned i = 0; i < CHILDREN; i++)
        assert_int_equal(group_read(snapshot, fixture->ns, i), 60);
    kv_snapshot_end(snapshot);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, CHILDREN * GROUP_KEYS);
}

/* ---- Adding */

static int add_many(struct fixture *fixture, struct children *children, unsigned number)
{
    kv_op op = op_add("sum", number + 1);
    kv_db *db = NULL;

    (void)children;
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 1;
    for (int i = 0; i < 50; i++)
        if (kv_put(db, fixture->ns, &op, NULL) != KV_OK)
            return 2;
    kv_close(db);
    return 0;
}

static void test_adds(void **state)
{
    struct fixture *fixture = *state;
    struct children children;

    fixture_close(fixture);
    children_start(fixture, &children, add_many);
    children_end(&children);
    fixture_open(fixture);
    fixture_expect(fixture, "sum", "500"); /* 50 times 1 + 2 + 3 + 4. */
}

/* ---- Killed */

/** Write group `number` for ever; tell the parent of each commit. */
static int write_until_killed(struct fixture *fixture, struct children *children, unsigned number)
{
    struct {
        uint64_t group, number;
    } ack = {number, 0};
    kv_db *db = NULL;

    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 1;
    for (;;) {
        ack.number++;
        if (!group_write(db, fixture->ns, number, ack.number))
            return 2;
        if (write(children->ack[1], &ack, sizeof(ack)) != sizeof(ack))
            return 3;
    }
}

static void test_killed(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ack[2], acked[CHILDREN];
    kv_snapshot *snapshot;

    fixture_close(fixture);
    for (unsigned round = 0; round < 15; round++) {
        struct children children;

        memset(acked, 0, sizeof(acked));
        children_start(fixture, &children, write_until_killed);
        for (unsigned i = 0; i < 20 + 7 * round; i++) {
            assert_int_equal(read(children.ack[0], ack, sizeof(ack)), sizeof(ack));
            acked[ack[0]] = ack[1];
        }
        for (unsigned i = 0; i < CHILDREN; i++)
            assert_int_equal(kill(children.pids[i], SIGKILL), 0);
        while (read(children.ack[0], ack, sizeof(ack)) == sizeof(ack))
            acked[ack[0]] = ack[1];
        for (unsigned i = 0; i < CHILDREN; i++)
            assert_int_equal(waitpid(children.pids[i], NULL, 0), children.pids[i]);
        (void)close(children.ack[0]);
        fixture_open(fixture);
        snapshot = fixture_snapshot(fixture);
        for (unsigned i = 0; i < CHILDREN; i++) {
            uint64_t found = group_read(snapshot, fixture->ns, i);

            assert_true(found != GROUP_TORN);
            /* What was not told may be there too, but only the one that was under way. */
            if (acked[i] != 0)
                assert_true(found == acked[i] || found == acked[i] + 1);
        }
        kv_snapshot_end(snapshot);
        assert_status(kv_delete(fixture->db, fixture->ns, "g0/k0", 5, NULL), KV_OK);
        assert_true(group_write(fixture->db, fixture->ns, 0, 0));
        fixture_close(fixture);
    }
}

/* "main" and "there". */
static bool bank_find(kv_db *db, kv_ns ns[2])
{
    kv_snapshot *snapshot = NULL;
    bool is_found = kv_snapshot_begin(db, &snapshot) == KV_OK &&
                    kv_namespace_find(snapshot, "main", 4, &ns[0]) == KV_OK &&
                    kv_namespace_find(snapshot, "there", 5, &ns[1]) == KV_OK;

    kv_snapshot_end(snapshot);
    return is_found;
}

static int move_until_killed(struct fixture *fixture, struct children *children, unsigned number)
{
    kv_db *db = NULL;
    kv_ns ns[2];

    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK || !bank_find(db, ns))
        return 1;
    for (;;)
        if (!amount_move(db, ns, number + 1) || write(children->ack[1], "m", 1) != 1)
            return 2;
}

/** Commits across namespaces are whole, also that of a process that was killed in one. */
static void test_killed_moving(void **state)
{
    struct fixture *fixture = *state;
    kv_ns ns[2];

    assert_status(kv_namespace_create(fixture->db, "there", 5, &ns[1]), KV_OK);
    fixture_close(fixture);
    for (unsigned round = 0; round < 10; round++) {
        struct children children;
        kv_snapshot *snapshot;
        char byte;

        children_start(fixture, &children, move_until_killed);
        for (unsigned i = 0; i < 10 + 7 * round; i++)
            assert_int_equal(read(children.ack[0], &byte, 1), 1);
        for (unsigned i = 0; i < CHILDREN; i++)
            assert_int_equal(kill(children.pids[i], SIGKILL), 0);
        for (unsigned i = 0; i < CHILDREN; i++)
            assert_int_equal(waitpid(children.pids[i], NULL, 0), children.pids[i]);
        (void)close(children.ack[0]);
        fixture_open(fixture);
        assert_true(bank_find(fixture->db, ns));
        snapshot = fixture_snapshot(fixture);
        assert_true(amounts_agree(snapshot, ns));
        kv_snapshot_end(snapshot);
        fixture_close(fixture);
    }
}

/** A renewed snapshot sees what another process was told is written. */
static void test_renewed(void **state)
{
    struct fixture *fixture = *state;
    struct children children;
    kv_snapshot *snapshot;
    uint64_t ack[2], first[CHILDREN];

    fixture_close(fixture);
    children_start(fixture, &children, write_until_killed);
    fixture_open(fixture);
    snapshot = fixture_snapshot(fixture);
    for (unsigned i = 0; i < CHILDREN; i++)
        first[i] = group_read(snapshot, fixture->ns, i);
    /* The pipe may hold much that the first view has already. */
    for (unsigned newer = 0; newer < 100;) {
        uint64_t seen;

        assert_int_equal(read(children.ack[0], ack, sizeof(ack)), sizeof(ack));
        assert_status(kv_snapshot_renew(snapshot), KV_OK);
        seen = group_read(snapshot, fixture->ns, (unsigned)ack[0]);
        assert_true(seen != GROUP_TORN && seen >= ack[1]);
        if (ack[1] > first[ack[0]])
            newer++;
    }
    kv_snapshot_end(snapshot);
    for (unsigned i = 0; i < CHILDREN; i++) {
        assert_int_equal(kill(children.pids[i], SIGKILL), 0);
        assert_int_equal(waitpid(children.pids[i], NULL, 0), children.pids[i]);
    }
    (void)close(children.ack[0]);
}

/** Killed readers with snapshots out do not stop anything. */
static int read_until_killed(struct fixture *fixture, struct children *children, unsigned number)
{
    kv_db *db = NULL;
    kv_snapshot *snapshot;

    (void)number;
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
        kv_snapshot_begin(db, &snapshot) != KV_OK || write(children->ack[1], "r", 1) != 1)
        return 1;
    for (;;)
        (void)pause();
}

/** Whether the store is opened before they die or afterwards: their slots do not stay. */
static void kill_readers(struct fixture *fixture, int open_before)
{
    struct children children;
    kv_stats stats = KV_STATS_INIT;
    char byte;

    fixture_close(fixture);
    children_start(fixture, &children, read_until_killed);
    for (unsigned i = 0; i < CHILDREN; i++)
        assert_int_equal(read(children.ack[0], &byte, 1), 1);
    if (open_before)
        fixture_open(fixture);
    for (unsigned i = 0; i < CHILDREN; i++) {
        assert_int_equal(kill(children.pids[i], SIGKILL), 0);
        assert_int_equal(waitpid(children.pids[i], NULL, 0), children.pids[i]);
    }
    (void)close(children.ack[0]);
    if (!open_before)
        fixture_open(fixture);
    for (int i = 0; i < 300; i++)
        fixture_put(fixture, "key", "value");
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    assert_int_equal(stats.store_reader_lag, 0);
    /* An open that finds nobody makes the table anew; with others at work commits look for them. */
    assert_int_equal(stats.process_readers_cleared, open_before ? CHILDREN : 0);
}

static void test_killed_readers(void **state)
{
    kill_readers(*state, 0);
}

static void test_killed_beside_us(void **state)
{
    kill_readers(*state, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("processes: all create at once", test_creators),
        STORE_TEST("processes: side by side", test_side_by_side),
        STORE_TEST("processes: a counter that all add to", test_adds),
        STORE_TEST("processes: killed writers, acknowledged is found", test_killed),
        STORE_TEST("processes: killed between two namespaces", test_killed_moving),
        STORE_TEST("processes: a renewed snapshot sees the others' commits", test_renewed),
        STORE_TEST("processes: killed readers, then an open", test_killed_readers),
        STORE_TEST("processes: readers killed while the store is open", test_killed_beside_us),
    };

    run_tests(tests);
    return run_all("api: processes");
}
