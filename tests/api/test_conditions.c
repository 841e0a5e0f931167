/* if_version and if_absent. Each row is one operation on a key in one of a few states. */
#include "support/fixture.h"

enum before { ABSENT, LIVE, EXPIRED };

static const struct row {
    const char *name;
    enum before before;
    uint32_t kind, flags;
    int version; /* if_version: 0, 1: the record's, 2: another. */
    kv_status want;
} rows[] = {
    {"if_absent: absent", ABSENT, KV_PUT, KV_OP_IF_ABSENT, 0, KV_OK},
    {"if_absent: live", LIVE, KV_PUT, KV_OP_IF_ABSENT, 0, KV_KEY_EXISTS},
    {"if_absent: expired", EXPIRED, KV_PUT, KV_OP_IF_ABSENT, 0, KV_OK},
    {"if_absent: on a delete", LIVE, KV_DELETE, KV_OP_IF_ABSENT, 0, KV_INVALID},
    {"if_absent: on a touch", LIVE, KV_TOUCH, KV_OP_IF_ABSENT, 0, KV_INVALID},
    {"if_absent: with if_version", ABSENT, KV_PUT, KV_OP_IF_ABSENT | KV_OP_IF_VERSION, 0,
     KV_INVALID},
    {"if_version: 0, absent", ABSENT, KV_PUT, KV_OP_IF_VERSION, 0, KV_OK},
    {"if_version: 0, live", LIVE, KV_PUT, KV_OP_IF_VERSION, 0, KV_VERSION_MISMATCH},
    {"if_version: 0, expired", EXPIRED, KV_PUT, KV_OP_IF_VERSION, 0, KV_OK},
    {"if_version: the live one", LIVE, KV_PUT, KV_OP_IF_VERSION, 1, KV_OK},
    {"if_version: another", LIVE, KV_PUT, KV_OP_IF_VERSION, 2, KV_VERSION_MISMATCH},
    {"if_version: that of an expired one", EXPIRED, KV_PUT, KV_OP_IF_VERSION, 1,
     KV_VERSION_MISMATCH},
    {"if_version: another, absent", ABSENT, KV_PUT, KV_OP_IF_VERSION, 2, KV_VERSION_MISMATCH},
    {"if_version: delete the live one", LIVE, KV_DELETE, KV_OP_IF_VERSION, 1, KV_OK},
    {"if_version: delete another", LIVE, KV_DELETE, KV_OP_IF_VERSION, 2, KV_VERSION_MISMATCH},
    {"if_version: delete, 0, absent", ABSENT, KV_DELETE, KV_OP_IF_VERSION, 0, KV_OK},
    {"if_version: touch the live one", LIVE, KV_TOUCH, KV_OP_IF_VERSION, 1, KV_OK},
    {"if_version: touch another", LIVE, KV_TOUCH, KV_OP_IF_VERSION, 2, KV_VERSION_MISMATCH},
    {"touch: absent", ABSENT, KV_TOUCH, 0, 0, KV_NOT_FOUND},
    {"touch: expired", EXPIRED, KV_TOUCH, 0, 0, KV_NOT_FOUND},
    {"touch: live", LIVE, KV_TOUCH, 0, 0, KV_OK},
};

static uint64_t prepare_key(struct fixture *fixture, enum before before)
{
    kv_op op = op_put("key", "old");
    kv_verdict verdict;

    if (before == ABSENT)
        return 0;
    if (before == EXPIRED) {
        op.flags = KV_OP_TTL;
        op.ttl_s = 5;
    }
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    if (before == EXPIRED)
        fixture_advance(fixture, 5);
    return verdict.version;
}

static void check_after(struct fixture *fixture, const struct row *row, uint64_t old_version,
                        const kv_verdict *verdict)
{
    if (row->want == KV_OK && row->kind == KV_PUT) {
        assert_true(verdict->version > old_version);
        fixture_expect(fixture, "key", "new");
    } else if (row->want == KV_OK && row->kind == KV_DELETE) {
        fixture_expect_absent(fixture, "key");
    } else if (row->before == LIVE) {
        fixture_expect(fixture, "key", "old");
    } else {
        fixture_expect_absent(fixture, "key");
    }
    if (row->want == KV_VERSION_MISMATCH || row->want == KV_KEY_EXISTS)
        assert_int_equal(verdict->version, row->before == LIVE ? old_version : 0);
}

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_op op = op_put("key", "new");
    kv_verdict verdict;
    uint64_t version, sequence;

    fixture_put(fixture, "other", "x"); /* So that versions are not the first ones. */
    version = prepare_key(fixture, row->before);
    sequence = kv_sequence(fixture->db);
    op.kind = row->kind;
    op.flags = row->flags;
    if (row->kind != KV_PUT)
        op.value_size = 0;
    op.if_version = row->version == 0 ? 0 : row->version == 1 ? version : version + 1000;
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), row->want);
    assert_status(verdict.status, row->want);
    if (row->want != KV_OK)
        assert_int_equal(kv_sequence(fixture->db), sequence);
    check_after(fixture, row, version, &verdict);
}

/** Conditions see what earlier operations of the batch did. */
static void test_within_a_batch(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[4] = {op_put("a", "1"), op_put("a", "2"), op_delete("b"), op_put("b", "3")};
    kv_verdict verdicts[4];
    uint64_t version = fixture_put(fixture, "b", "0");

    ops[1].flags = KV_OP_IF_ABSENT;
    ops[2].flags = KV_OP_IF_VERSION;
    ops[2].if_version = version;
    ops[3].flags = KV_OP_IF_ABSENT;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 4, NULL, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_OK);
    assert_status(verdicts[1].status, KV_KEY_EXISTS);
    assert_int_equal(verdicts[1].version, verdicts[0].version);
    assert_status(verdicts[2].status, KV_OK);
    assert_status(verdicts[3].status, KV_OK);
    fixture_expect(fixture, "a", "1");
    fixture_expect(fixture, "b", "3");
}

/** The old version no longer fits after an earlier operation of the batch. */
static void test_version_passed_by(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {op_put("a", "2"), op_put("a", "3")};
    kv_verdict verdicts[2];
    uint64_t version = fixture_put(fixture, "a", "1");

    for (size_t i = 0; i < 2; i++) {
        ops[i].flags = KV_OP_IF_VERSION;
        ops[i].if_version = version;
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_OK);
    assert_status(verdicts[1].status, KV_VERSION_MISMATCH);
    assert_int_equal(verdicts[1].version, verdicts[0].version);
    fixture_expect(fixture, "a", "2");
}

static const struct CMUnitTest plain_tests[] = {
    STORE_TEST("conditions: within a batch", test_within_a_batch),
    STORE_TEST("conditions: a version passed by within a batch", test_version_passed_by),
};

int main(void)
{
    run_rows(rows, test_row, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: conditions");
}
