/* kv_seal(): a store that is shipped is read by anyone and written by nobody. */
#include "support/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void seal(struct fixture *fixture)
{
    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    assert_status(kv_seal(fixture->db), KV_OK);
}

static void test_writes_end(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("c", "3");
    kv_ns id;

    seal(fixture);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_READ_ONLY);
    assert_status(kv_namespace_create(fixture->db, "n", 1, &id), KV_READ_ONLY);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_READ_ONLY);
    fixture_expect(fixture, "a", "1");
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_WRITE;
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL),
                  KV_READ_ONLY);
    assert_null(fixture->db);
}

static void test_opens_sealed(void **state)
{
    struct fixture *fixture = *state;

    seal(fixture);
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
    fixture_expect(fixture, "a", "1");
    fixture_expect(fixture, "b", "2");
    fixture_expect_absent(fixture, "c");
    assert_status(kv_health(fixture->db), KV_OK);
}

static void test_unsealed_is_refused(void **state)
{
    struct fixture *fixture = *state;

    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    assert_int_not_equal(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL),
                         KV_OK);
    assert_null(fixture->db);
}

static void test_seal_twice(void **state)
{
    struct fixture *fixture = *state;
    kv_status status;

    seal(fixture);
    status = kv_seal(fixture->db);
    assert_true(status == KV_OK || status == KV_READ_ONLY);
    fixture_expect(fixture, "a", "1");
}

static int on_read_only_mount(struct fixture *fixture)
{
    kv_snapshot *snapshot = NULL;
    kv_slice value;

    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(fixture->root, fixture->root, NULL, MS_BIND, NULL) != 0 ||
        mount(NULL, fixture->root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
        return 77;
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    if (kv_snapshot_begin(fixture->db, &snapshot) != KV_OK)
        return 2;
    if (kv_get(snapshot, fixture->ns, "b", 1, &fixture->buf, &value) != KV_OK || value.size != 1 ||
        memcmp(value.data, "2", 1) != 0)
        return 3;
    kv_snapshot_end(snapshot);
    kv_close(fixture->db);
    return 0;
}

static void test_read_only_media(void **state)
{
    struct fixture *fixture = *state;
    int status = 0;
    pid_t child;

    seal(fixture);
    fixture_close(fixture);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(on_read_only_mount(fixture));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("skipped: no mounts here, so no read-only media\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/** Another process's handle that was open before learns of it. */
static void test_other_process(void **state)
{
    struct fixture *fixture = *state;
    int ready[2], go[2], status = 0;
    char byte = 0;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    fixture_close(fixture);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kv_op op = op_put("z", "9");
        kv_db *db = NULL;

        if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
            kv_put(db, fixture->ns, &op, NULL) != KV_OK || write(ready[1], "r", 1) != 1 ||
            read(go[0], &byte, 1) != 1)
            _exit(1);
        _exit(kv_put(db, fixture->ns, &op, NULL) == KV_READ_ONLY ? 0 : 2);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    fixture_open(fixture);
    seal(fixture);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    for (int i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(go[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST("seal: writes end", test_writes_end),
        STORE_TEST("seal: opens sealed", test_opens_sealed),
        STORE_TEST("seal: an unsealed store does not open sealed", test_unsealed_is_refused),
        STORE_TEST("seal: twice", test_seal_twice),
        STORE_TEST("seal: on read-only media", test_read_only_media),
        STORE_TEST("seal: seen by another process", test_other_process),
    };

    return cmocka_run_group_tests_name("api: seal", tests, NULL, NULL);
}
