/* After fork() an inherited handle answers KV_FORKED to every call, closes without a trace, and the
 * store opens anew in the child. */
#include "support/fixture.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct inherited {
    struct fixture *fixture;
    kv_snapshot *snapshot;
    kv_list *list;
    kv_prepared *prepared;
    kv_verdict verdict;
};

static int no_chunk(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return 0;
}

#define EXPECT_FORKED(call)                                                                        \
    do {                                                                                           \
        kv_status got = (call);                                                                    \
        if (got != KV_FORKED) {                                                                    \
            (void)fprintf(stderr, "%s: %s\n", #call, kv_status_name(got));                         \
            return __LINE__ % 200 + 1;                                                             \
        }                                                                                          \
    } while (0)

static int reads_in_child(struct inherited *in)
{
    kv_ns ns = in->fixture->ns, id;
    kv_slice value, key = {"a", 1};
    kv_entry entry;
    kv_list *list;
    kv_position position = {0, 0};
    kv_change change;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_error error = KV_ERROR_INIT;
    size_t size, count;
    uint64_t number;

    EXPECT_FORKED(kv_snapshot_renew(in->snapshot));
    EXPECT_FORKED(kv_snapshot_info(in->snapshot, &position, NULL));
    EXPECT_FORKED(kv_snapshot_error(in->snapshot, &error));
    EXPECT_FORKED(kv_get(in->snapshot, ns, "a", 1, NULL, &value));
    EXPECT_FORKED(kv_get_into(in->snapshot, ns, "a", 1, NULL, 0, &size));
    EXPECT_FORKED(kv_get_range(in->snapshot, ns, "a", 1, NULL, 0, NULL, 0, &size));
    EXPECT_FORKED(kv_get_entry(in->snapshot, ns, "a", 1, KV_GET_FACTS, NULL, &entry));
    EXPECT_FORKED(kv_get_many(in->snapshot, ns, &key, 1, 0, &in->fixture->buf, &entry));
    EXPECT_FORKED(kv_get_chunks(in->snapshot, ns, "a", 1, no_chunk, NULL));
    EXPECT_FORKED(kv_list_begin(in->snapshot, ns, NULL, &list));
    EXPECT_FORKED(kv_list_next(in->list, &entry));
    EXPECT_FORKED(kv_count(in->snapshot, ns, (kv_slice){NULL, 0}, 0, &number, NULL));
    EXPECT_FORKED(kv_settings_get(in->snapshot, &settings));
    EXPECT_FORKED(kv_get_now(in->fixture->db, ns, "a", 1, &in->fixture->buf, &value));
    EXPECT_FORKED(kv_namespace_id(in->fixture->db, "main", 4, &id));
    EXPECT_FORKED(kv_namespace_find(in->snapshot, "main", 4, &id));
    EXPECT_FORKED(kv_namespace_describe(in->snapshot, ns, &info));
    EXPECT_FORKED(kv_namespace_next(in->snapshot, 0, &info));
    EXPECT_FORKED(kv_changes_read(in->snapshot, position, &in->fixture->buf, &change, 1, &count));
    return 0;
}

static int writes_in_child(struct inherited *in)
{
    kv_db *db = in->fixture->db;
    kv_ns ns = in->fixture->ns, id;
    kv_op op = op_put("child", "1");
    kv_prepared *prepared;
    kv_snapshot *snapshot;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_stats stats = KV_STATS_INIT;
    const uint64_t token[2] = {1, 2};
    kv_position position = {0, 0};

    EXPECT_FORKED(kv_health(db));
    EXPECT_FORKED(kv_sync(db));
    EXPECT_FORKED(kv_seal(db));
    EXPECT_FORKED(kv_snapshot_begin(db, &snapshot));
    EXPECT_FORKED(kv_settings_set(db, &settings));
    EXPECT_FORKED(kv_namespace_create(db, "n", 1, &id));
    EXPECT_FORKED(kv_namespace_set(db, ns, 1, NULL, 0));
    EXPECT_FORKED(kv_namespace_drop(db, ns));
    EXPECT_FORKED(kv_batch(db, ns, &op, 1, NULL, NULL, NULL));
    EXPECT_FORKED(kv_put(db, ns, &op, NULL));
    EXPECT_FORKED(kv_delete(db, ns, "a", 1, NULL));
    EXPECT_FORKED(kv_prepare(db, ns, &op, 1, NULL, NULL, &prepared));
    EXPECT_FORKED(kv_commit(db, &in->prepared, 1, NULL));
    EXPECT_FORKED(kv_batch_outcome(db, token));
    EXPECT_FORKED(kv_sweep(db, NULL));
    EXPECT_FORKED(kv_changes_wait(db, position, 0));
    EXPECT_FORKED(kv_stats_get(db, &stats));
    return kv_sequence(db) == 0 ? 0 : 1;
}

static int open_anew(struct inherited *in)
{
    struct fixture *fixture = in->fixture;
    kv_op op = op_put("child", "1");
    kv_snapshot *snapshot;
    kv_slice value;

    kv_list_end(in->list);
    kv_snapshot_end(in->snapshot);
    kv_prepared_free(in->prepared);
    kv_close(fixture->db);
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 210;
    if (kv_snapshot_begin(fixture->db, &snapshot) != KV_OK ||
        kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value) != KV_OK)
        return 211;
    kv_snapshot_end(snapshot);
    if (kv_put(fixture->db, fixture->ns, &op, NULL) != KV_OK)
        return 212;
    kv_close(fixture->db);
    return 0;
}

static int anew_without_closing(struct inherited *in)
{
    struct fixture *fixture = in->fixture;
    kv_op op = op_put("child", "1");
    kv_db *db = NULL;

    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 210;
    if (kv_put(db, fixture->ns, &op, NULL) != KV_OK)
        return 211;
    if (kv_put(fixture->db, fixture->ns, &op, NULL) != KV_FORKED)
        return 212; /* The inherited one stays dead, whatever was opened since. */
    kv_close(fixture->db);
    if (kv_put(db, fixture->ns, &op, NULL) != KV_OK)
        return 213;
    kv_close(db);
    return 0;
}

/** A child with everything inherited; its part must return 0. */
static void run_child(struct fixture *fixture, int (*part)(struct inherited *in))
{
    struct inherited in = {.fixture = fixture};
    kv_op op = op_put("prepared", "1");
    int status = 0;
    pid_t child;

    fixture_put(fixture, "a", "1");
    in.snapshot = fixture_snapshot(fixture);
    assert_status(kv_list_begin(in.snapshot, fixture->ns, NULL, &in.list), KV_OK);
    assert_status(kv_prepare(fixture->db, fixture->ns, &op, 1, NULL, &in.verdict, &in.prepared),
                  KV_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(part(&in));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    /* The parent's are as they were. */
    fixture_expect(fixture, "a", "1");
    assert_status(kv_commit(fixture->db, &in.prepared, 1, NULL), KV_OK);
    fixture_expect(fixture, "prepared", "1");
    kv_prepared_free(in.prepared);
    kv_list_end(in.list);
    kv_snapshot_end(in.snapshot);
}

static void test_reads(void **state)
{
    run_child(*state, reads_in_child);
}

static void test_writes(void **state)
{
    run_child(*state, writes_in_child);
}

static void test_open_anew(void **state)
{
    struct fixture *fixture = *state;

    run_child(fixture, open_anew);
    fixture_expect(fixture, "child", "1");
}

static void test_without_closing(void **state)
{
    struct fixture *fixture = *state;

    run_child(fixture, anew_without_closing);
    fixture_expect(fixture, "child", "1");
}

/** kv_close in a child closes no descriptor: numbers opened since the fork stay open. */
static int close_keeps_descriptors(struct inherited *in)
{
    bool open_before[64];

    for (int fd = 0; fd < 64; fd++)
        open_before[fd] = fcntl(fd, F_GETFD) >= 0;
    kv_list_end(in->list);
    kv_snapshot_end(in->snapshot);
    kv_prepared_free(in->prepared);
    kv_close(in->fixture->db);
    for (int fd = 0; fd < 64; fd++)
        if (open_before[fd] != (fcntl(fd, F_GETFD) >= 0))
            return 1;
    return 0;
}

static void test_close_keeps_descriptors(void **state)
{
    run_child(*state, close_keeps_descriptors);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("fork: reads", test_reads),
        STORE_TEST("fork: writes", test_writes),
        STORE_TEST("fork: close and open anew", test_open_anew),
        STORE_TEST("fork: open anew, then close", test_without_closing),
        STORE_TEST("fork: close keeps descriptors", test_close_keeps_descriptors),
    };

    run_tests(tests);
    return run_all("api: fork");
}
