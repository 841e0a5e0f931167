#include "support/fixture.h"

#include <stdlib.h>
#include <string.h>

int fixture_setup_empty(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL || tempdir_make(fixture->root) != 0) {
        free(fixture);
        return -1;
    }
    fixture->row = *state;
    tempdir_join(fixture->path, fixture->root, "store");
    atomic_init(&fixture->clock.now, FAKE_CLOCK_START);
    fixture->options = (kv_options)KV_OPTIONS_INIT;
    fixture->options.flags = KV_CREATE;
    fixture->options.clock = fake_clock_read;
    fixture->options.clock_ctx = &fixture->clock;
    *state = fixture;
    return 0;
}

int fixture_setup(void **state)
{
    if (fixture_setup_empty(state) != 0)
        return -1;
    fixture_create(*state, NULL);
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    kv_close(fixture->db);
    kv_buf_free(&fixture->buf);
    tempdir_remove(fixture->root);
    free(fixture);
    return 0;
}

void fixture_create(struct fixture *fixture, const kv_settings *settings)
{
    kv_error error = KV_ERROR_INIT;
    kv_status status = kv_open(fixture->path, &fixture->options, settings, &fixture->db, &error);

    if (status != KV_OK)
        fail_msg("open %s: %s: %s", fixture->path, kv_status_name(status), error.message);
    assert_status(kv_namespace_create(fixture->db, "main", 4, &fixture->ns), KV_OK);
}

void fixture_open(struct fixture *fixture)
{
    kv_error error = KV_ERROR_INIT;
    kv_status status = kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error);

    if (status != KV_OK)
        fail_msg("open %s: %s: %s", fixture->path, kv_status_name(status), error.message);
}

void fixture_close(struct fixture *fixture)
{
    kv_close(fixture->db);
    fixture->db = NULL;
}

void fixture_advance(struct fixture *fixture, int64_t seconds)
{
    atomic_fetch_add(&fixture->clock.now, seconds);
}

kv_op op_put(const char *key, const char *value)
{
    return (kv_op){.kind = KV_PUT,
                   .key = key,
                   .key_size = strlen(key),
                   .value = value,
                   .value_size = strlen(value)};
}

kv_op op_delete(const char *key)
{
    return (kv_op){.kind = KV_DELETE, .key = key, .key_size = strlen(key)};
}

kv_op op_touch(const char *key)
{
    return (kv_op){.kind = KV_TOUCH, .key = key, .key_size = strlen(key)};
}

kv_op op_add(const char *key, int64_t addend)
{
    return (kv_op){.kind = KV_ADD, .key = key, .key_size = strlen(key), .addend = addend};
}

uint64_t fixture_put(struct fixture *fixture, const char *key, const char *value)
{
    kv_op op = op_put(key, value);
    kv_verdict verdict;

    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    return verdict.version;
}

kv_snapshot *fixture_snapshot(struct fixture *fixture)
{
    kv_snapshot *snapshot = NULL;

    assert_status(kv_snapshot_begin(fixture->db, &snapshot), KV_OK);
    return snapshot;
}

static kv_status fixture_get(struct fixture *fixture, const char *key, kv_slice *value)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_status status;

    status = kv_get(snapshot, fixture->ns, key, strlen(key), &fixture->buf, value);
    if (status == KV_OK && value->data != fixture->buf.data) {
        /* Borrowed from the snapshot, which ends here. */
        void *copy = realloc(fixture->buf.data, value->size + 1);

        assert_non_null(copy);
        memcpy(copy, value->data, value->size);
        fixture->buf = (kv_buf){copy, value->size, value->size + 1};
        value->data = copy;
    }
    kv_snapshot_end(snapshot);
    return status;
}

void fixture_expect(struct fixture *fixture, const char *key, const char *value)
{
    kv_slice got = {NULL, 0};

    assert_status(fixture_get(fixture, key, &got), KV_OK);
    assert_int_equal(got.size, strlen(value));
    assert_memory_equal(got.data, value, got.size);
}

void fixture_expect_absent(struct fixture *fixture, const char *key)
{
    kv_slice got = {NULL, 0};

    assert_status(fixture_get(fixture, key, &got), KV_NOT_FOUND);
}

kv_namespace_info fixture_describe(struct fixture *fixture, kv_ns ns)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    assert_status(kv_namespace_describe(snapshot, ns, &info), KV_OK);
    kv_snapshot_end(snapshot);
    return info;
}

uint64_t fixture_usage(struct fixture *fixture, kv_ns ns)
{
    kv_namespace_info info = fixture_describe(fixture, ns);

    return info.key_bytes + info.value_bytes + info.metadata_bytes;
}
