/* Memory: a warm read allocates nothing, and every allocation may fail, those of LMDB and zstd too:
 * the call says so and the store still holds what it held. */
#include "support/fixture.h"
#include "support/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char text[20000]; /* Compressible. */

static kv_op op_text(const char *key)
{
    kv_op op = op_put(key, "");

    memset(text, 't', sizeof(text));
    op.value = text;
    op.value_size = sizeof(text);
    return op;
}

/* ---- Warm reads */

static void test_warm_get(void **state)
{
    struct fixture *fixture = *state;
    const kv_slice keys[2] = {{"raw", 3}, {"large", 5}};
    kv_op large = op_text("large");
    kv_snapshot *snapshot;
    kv_slice value;
    kv_entry entry, entries[2];
    uint64_t before;
    size_t size;

    skip_without_memory_faults();
    fixture_put(fixture, "raw", "value");
    assert_status(kv_put(fixture->db, fixture->ns, &large, NULL), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, fixture->ns, "large", 5, &fixture->buf, &value), KV_OK);
    assert_status(kv_get_now(fixture->db, fixture->ns, "large", 5, &fixture->buf, &value), KV_OK);
    kv_snapshot_end(snapshot);
    before = memory_made();
    for (int i = 0; i < 100; i++) {
        snapshot = fixture_snapshot(fixture);
        assert_status(kv_get(snapshot, fixture->ns, "raw", 3, &fixture->buf, &value), KV_OK);
        assert_status(kv_get(snapshot, fixture->ns, "large", 5, &fixture->buf, &value), KV_OK);
        assert_status(kv_get(snapshot, fixture->ns, "none", 4, &fixture->buf, &value),
                      KV_NOT_FOUND);
        assert_status(kv_get_entry(snapshot, fixture->ns, "raw", 3, KV_GET_FACTS, NULL, &entry),
                      KV_OK);
        assert_status(kv_get_entry(snapshot, fixture->ns, "large", 5, 0, &fixture->buf, &entry),
                      KV_OK);
        assert_status(kv_get_into(snapshot, fixture->ns, "large", 5, text, sizeof(text), &size),
                      KV_OK);
        assert_status(kv_get_many(snapshot, fixture->ns, keys, 2, 0, &fixture->buf, entries),
                      KV_OK);
        assert_status(kv_get_range(snapshot, fixture->ns, "raw", 3, NULL, 1, text, 2, &size),
                      KV_OK);
        assert_status(kv_get_now(fixture->db, fixture->ns, "large", 5, &fixture->buf, &value),
                      KV_OK);
        assert_status(kv_snapshot_renew(snapshot), KV_OK);
        kv_snapshot_end(snapshot);
    }
    assert_int_equal(memory_made(), before);
}

/* ---- Every allocation fails once */

struct outcome {
    kv_status status; /* The first that was not KV_OK. */
    bool written;     /* The batch said KV_OK. */
};

static bool step(struct outcome *outcome, kv_status status)
{
    if (status != KV_OK && outcome->status == KV_OK)
        outcome->status = status;
    return status == KV_OK;
}

static void scan(struct fixture *fixture, kv_snapshot *snapshot, struct outcome *outcome)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    const kv_slice keys[2] = {{"kept", 4}, {"large", 5}};
    kv_position start = {0, 0};
    kv_change changes[4];
    kv_entry entries[2];
    kv_list *list = NULL;
    kv_status status;
    size_t count;

    options.flags = KV_LIST_VALUES;
    if (step(outcome, kv_list_begin(snapshot, fixture->ns, &options, &list))) {
        while ((status = kv_list_next(list, &entries[0])) == KV_OK)
            (void)step(outcome, entries[0].status);
        (void)step(outcome, status == KV_NOT_FOUND ? KV_OK : status);
    }
    kv_list_end(list);
    if (step(outcome, kv_get_many(snapshot, fixture->ns, keys, 2, 0, &fixture->buf, entries)))
        (void)step(outcome, entries[1].status);
    if (step(outcome, kv_snapshot_info(snapshot, &start, NULL)) && start.sequence > 2) {
        start.sequence -= 2;
        (void)step(outcome, kv_changes_read(snapshot, start, &fixture->buf, changes, 4, &count));
    }
}

/** Open, write, read: as far as it goes. */
static struct outcome run(struct fixture *fixture)
{
    struct outcome outcome = {KV_OK, false};
    kv_op ops[3] = {op_text("large"), op_put("new", "2"), op_delete("gone")};
    kv_snapshot *snapshot = NULL;
    kv_stats stats = KV_STATS_INIT;
    kv_report report = KV_REPORT_INIT;
    kv_slice value;

    ops[1].flags = KV_OP_TTL;
    ops[1].ttl_s = 1000;
    if (!step(&outcome, kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL)))
        return outcome;
    outcome.written =
        step(&outcome, kv_batch(fixture->db, fixture->ns, ops, 3, NULL, NULL, &report));
    if (outcome.written && report.failed != 0)
        outcome.status = KV_INVALID; /* No verdict may blame the memory. */
    if (step(&outcome, kv_snapshot_begin(fixture->db, &snapshot))) {
        kv_status status = kv_get(snapshot, fixture->ns, "large", 5, &fixture->buf, &value);

        if (status != KV_NOT_FOUND || outcome.written)
            (void)step(&outcome, status);
        (void)step(&outcome, kv_get(snapshot, fixture->ns, "kept", 4, &fixture->buf, &value));
        scan(fixture, snapshot, &outcome);
    }
    kv_snapshot_end(snapshot);
    (void)step(&outcome, kv_stats_get(fixture->db, &stats));
    if (outcome.status == KV_OK)
        (void)step(&outcome, kv_stats_text(&stats, &fixture->buf));
    (void)step(&outcome, kv_sweep(fixture->db, NULL));
    return outcome;
}

/** With memory again: what was there is there, and the batch is there whole or not at all. */
static void check_after(struct fixture *fixture, struct outcome outcome)
{
    kv_buf_free(&fixture->buf);
    fixture_close(fixture);
    fixture_open(fixture);
    fixture_expect(fixture, "kept", "1");
    if (outcome.written) {
        fixture_expect(fixture, "new", "2");
        fixture_expect_absent(fixture, "gone");
    } else {
        fixture_expect_absent(fixture, "new");
        fixture_expect(fixture, "gone", "3");
    }
    /* As it was, for the next round. */
    assert_status(kv_delete(fixture->db, fixture->ns, "new", 3, NULL), KV_OK);
    assert_status(kv_delete(fixture->db, fixture->ns, "large", 5, NULL), KV_OK);
    fixture_put(fixture, "gone", "3");
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 2);
    fixture_close(fixture);
}

static void test_each_fails_once(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome;
    uint64_t runs = 0;

    skip_without_memory_faults();
    fixture_put(fixture, "kept", "1");
    fixture_put(fixture, "gone", "3");
    fixture_close(fixture);
    do {
        memory_fail_after((int64_t)runs);
        outcome = run(fixture);
        memory_fail_after(-1);
        if (memory_failed() > 0 && outcome.status != KV_OK && outcome.status != KV_NO_MEMORY)
            fail_msg("allocation %llu: %s", (unsigned long long)runs,
                     kv_status_name(outcome.status));
        check_after(fixture, outcome);
        runs++;
    } while (memory_failed() > 0 && runs < 5000);
    assert_status(outcome.status, KV_OK);
    assert_true(runs > 20 && runs < 5000);
    print_message("memory: %llu allocations failed in turn\n", (unsigned long long)runs - 1);
}

static void test_creation_fails(void **state)
{
    struct fixture *fixture = *state;
    kv_status status;
    uint64_t runs = 0;

    skip_without_memory_faults();
    do {
        char name[32];

        (void)snprintf(name, sizeof(name), "store-%llu", (unsigned long long)runs);
        tempdir_join(fixture->path, fixture->root, name);
        memory_fail_after((int64_t)runs);
        status = kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL);
        memory_fail_after(-1);
        if (status != KV_OK) {
            assert_status(status, KV_NO_MEMORY);
            assert_null(fixture->db);
            fixture_open(fixture); /* What was begun is no obstacle. */
        }
        assert_status(kv_namespace_create(fixture->db, "main", 4, &fixture->ns), KV_OK);
        fixture_put(fixture, "a", "1");
        fixture_close(fixture);
        runs++;
    } while (memory_failed() > 0 && runs < 5000);
    assert_true(runs > 5 && runs < 5000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("memory: a warm get allocates nothing", test_warm_get),
        STORE_TEST("memory: each allocation fails once", test_each_fails_once),
        EMPTY_TEST("memory: each allocation of a creation fails once", test_creation_fails),
    };

    run_tests(tests);
    return run_all("api: memory");
}
