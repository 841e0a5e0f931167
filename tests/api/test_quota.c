/* Capacity: to the byte, in input order, never refused for data that is dead. */
#include "support/fixture.h"

#define CAPACITY 1000

static char bytes[4096];

/** A put whose key, value and metadata take `size` bytes in all. */
static kv_op op_of_size(const char *key, size_t size)
{
    kv_op op = op_put(key, "");

    op.value = bytes;
    op.value_size = size - op.key_size;
    return op;
}

static kv_status put_size(struct fixture *fixture, const char *key, size_t size)
{
    kv_op op = op_of_size(key, size);

    return kv_put(fixture->db, fixture->ns, &op, NULL);
}

static int setup(void **state)
{
    struct fixture *fixture;

    if (fixture_setup(state) != 0)
        return -1;
    fixture = *state;
    return kv_namespace_set(fixture->db, fixture->ns, CAPACITY, NULL, 0) == KV_OK ? 0 : -1;
}

static void test_to_the_byte(void **state)
{
    struct fixture *fixture = *state;

    assert_status(put_size(fixture, "a", CAPACITY + 1), KV_NAMESPACE_FULL);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 0);
    assert_status(put_size(fixture, "a", CAPACITY), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), CAPACITY);
    assert_status(put_size(fixture, "b", 1), KV_NAMESPACE_FULL);
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_OK);
    assert_status(put_size(fixture, "b", 400), KV_OK);
    assert_status(put_size(fixture, "c", 601), KV_NAMESPACE_FULL);
    assert_status(put_size(fixture, "c", 600), KV_OK);
}

static void test_metadata_counts(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_of_size("a", 900);

    op.metadata = bytes;
    op.metadata_size = 101;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_NAMESPACE_FULL);
    op.metadata_size = 100;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    assert_int_equal(fixture_describe(fixture, fixture->ns).metadata_bytes, 100);
}

static void test_difference_counts(void **state)
{
    struct fixture *fixture = *state;

    assert_status(put_size(fixture, "a", 600), KV_OK);
    assert_status(put_size(fixture, "b", 400), KV_OK);
    assert_status(put_size(fixture, "a", 601), KV_NAMESPACE_FULL);
    assert_status(put_size(fixture, "a", 600), KV_OK);
    assert_status(put_size(fixture, "a", 500), KV_OK);
    assert_status(put_size(fixture, "b", 500), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), CAPACITY);
}

static void test_shrinking_passes(void **state)
{
    struct fixture *fixture = *state;

    assert_status(put_size(fixture, "a", 900), KV_OK);
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 100, NULL, 0), KV_OK);
    assert_status(put_size(fixture, "b", 10), KV_NAMESPACE_FULL);
    assert_status(put_size(fixture, "a", 901), KV_NAMESPACE_FULL);
    assert_status(put_size(fixture, "a", 899), KV_OK); /* Still above, but less. */
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_OK);
    assert_status(put_size(fixture, "b", 100), KV_OK);
}

static void test_input_order(void **state)
{
    struct fixture *fixture = *state;
    /* In the order of the keys "a" would come first; in input order it finds no room. */
    kv_op ops[4] = {op_of_size("z", 600), op_of_size("a", 500), op_of_size("m", 400),
                    op_of_size("b", 1)};
    kv_verdict verdicts[4];
    kv_report report = KV_REPORT_INIT;

    assert_status(kv_batch(fixture->db, fixture->ns, ops, 4, NULL, verdicts, &report), KV_OK);
    assert_status(verdicts[0].status, KV_OK);
    assert_status(verdicts[1].status, KV_NAMESPACE_FULL);
    assert_status(verdicts[2].status, KV_OK);
    assert_status(verdicts[3].status, KV_NAMESPACE_FULL);
    assert_int_equal(report.first_failed, 1);
}

static void test_delete_makes_room(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[3] = {op_of_size("b", 500), op_delete("a"), op_of_size("c", 500)};
    kv_verdict verdicts[3];

    assert_status(put_size(fixture, "a", CAPACITY), KV_OK);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_NAMESPACE_FULL);
    assert_status(verdicts[1].status, KV_OK);
    assert_status(verdicts[2].status, KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 500);
}

static void test_duplicates_count_once(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[3] = {op_of_size("a", 900), op_of_size("a", 100), op_of_size("b", 900)};
    kv_verdict verdicts[3];

    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, verdicts, NULL), KV_OK);
    for (size_t i = 0; i < 3; i++)
        assert_status(verdicts[i].status, KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), CAPACITY);
}

/** When a later duplicate finds no room, the earlier one is what stays. */
static void test_duplicate_refused(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {op_of_size("a", 100), op_of_size("a", CAPACITY + 1)};
    kv_verdict verdicts[2];

    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_OK);
    assert_int_equal(verdicts[0].flags & KV_SUPERSEDED, 0);
    assert_status(verdicts[1].status, KV_NAMESPACE_FULL);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 100);
}

/** More dead rows than one write sweeps along: the room they take must not refuse anything. */
static void test_dead_data(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[90];
    char keys[90][4];

    for (size_t i = 0; i < 90; i++) {
        keys[i][0] = 'k';
        keys[i][1] = (char)('0' + i / 10);
        keys[i][2] = (char)('0' + i % 10);
        keys[i][3] = '\0';
        ops[i] = op_of_size(keys[i], 11);
        ops[i].flags = KV_OP_TTL;
        ops[i].ttl_s = 10;
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 90, NULL, NULL, NULL), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 990);
    assert_status(put_size(fixture, "new", 11), KV_NAMESPACE_FULL);
    fixture_advance(fixture, 10);
    assert_status(put_size(fixture, "new", CAPACITY), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), CAPACITY);
}

static void test_unlimited(void **state)
{
    struct fixture *fixture = *state;

    assert_status(kv_namespace_set(fixture->db, fixture->ns, KV_CAPACITY_UNLIMITED, NULL, 0),
                  KV_OK);
    for (int i = 0; i < 20; i++) {
        char key[2] = {(char)('a' + i), '\0'};

        assert_status(put_size(fixture, key, 4000), KV_OK);
    }
    assert_int_equal(fixture_usage(fixture, fixture->ns), 80000);
}

static void test_namespaces_apart(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_of_size("a", CAPACITY);
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
    assert_status(put_size(fixture, "a", CAPACITY), KV_OK);
    assert_int_equal(fixture_usage(fixture, other), CAPACITY);
}

#define QUOTA_TEST(name, function) TEST_WITHIN(name, function, setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        QUOTA_TEST("quota: to the byte", test_to_the_byte),
        QUOTA_TEST("quota: metadata counts", test_metadata_counts),
        QUOTA_TEST("quota: the difference counts", test_difference_counts),
        QUOTA_TEST("quota: a write that shrinks passes", test_shrinking_passes),
        QUOTA_TEST("quota: checked in input order", test_input_order),
        QUOTA_TEST("quota: a delete makes room for what follows", test_delete_makes_room),
        QUOTA_TEST("quota: duplicates count once", test_duplicates_count_once),
        QUOTA_TEST("quota: a duplicate without room leaves the earlier one",
                   test_duplicate_refused),
        QUOTA_TEST("quota: dead data never refuses", test_dead_data),
        QUOTA_TEST("quota: unlimited", test_unlimited),
        QUOTA_TEST("quota: namespaces apart", test_namespaces_apart),
    };

    run_tests(tests);
    return run_all("api: quota");
}
