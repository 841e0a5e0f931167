/* Two copies of the library in one process, as two add-ons bring them: one linked in, one loaded.
 * Each has a registry of its own, but LMDB's locks are the process's. */
#include "support/fixture.h"
#include "support/child.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is used of the loaded copy. */
static struct copy {
    kv_status (*open)(const char *, const kv_options *, const kv_settings *, kv_db **, kv_error *);
    void (*close)(kv_db *);
    kv_status (*put)(kv_db *, kv_ns, const kv_op *, kv_verdict *);
    kv_status (*seal)(kv_db *);
} copy;

static void *copy_find(void *library, const char *name)
{
    void *found = dlsym(library, name);

    if (found == NULL)
        fail_msg("%s", dlerror());
    return found;
}

/* libkv.so stands two folders above this program's. */
static int copy_load(void **state)
{
    char program[TEMPDIR_PATH_MAX], path[TEMPDIR_PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
    void *library, *found;

    (void)state;
    if (size <= 0)
        return -1;
    program[size] = '\0';
    for (int i = 0; i < 3; i++)
        *strrchr(program, '/') = '\0';
    tempdir_join(path, program, "libkv.so");
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        print_error("%s\n", dlerror());
        return -1;
    }
    /* ISO C has no cast from an object's address to a function's. */
    found = copy_find(library, "kv_open");
    memcpy(&copy.open, &found, sizeof(found));
    found = copy_find(library, "kv_close");
    memcpy(&copy.close, &found, sizeof(found));
    found = copy_find(library, "kv_put");
    memcpy(&copy.put, &found, sizeof(found));
    found = copy_find(library, "kv_seal");
    memcpy(&copy.seal, &found, sizeof(found));
    return copy.open == kv_open ? -1 : 0;
}

static void expect_refused(struct fixture *fixture)
{
    kv_error error = KV_ERROR_INIT;
    kv_db *other = (kv_db *)fixture;

    assert_status(copy.open(fixture->path, &fixture->options, NULL, &other, &error),
                  KV_ALREADY_OPEN);
    assert_null(other);
    assert_non_null(strstr(error.message, "another copy of libkv"));
}

static kv_db *open_other(struct fixture *fixture)
{
    kv_error error = KV_ERROR_INIT;
    kv_db *other = NULL;

    if (copy.open(fixture->path, &fixture->options, NULL, &other, &error) != KV_OK)
        fail_msg("%s", error.message);
    return other;
}

/** One has it open: the other is refused, and does no harm by asking. */
static void test_in_turn(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("b", "2");
    kv_db *other;

    fixture_put(fixture, "a", "1");
    expect_refused(fixture);
    fixture_put(fixture, "a", "2"); /* Its locks are still there. */
    expect_refused(fixture);
    fixture_close(fixture);
    other = open_other(fixture);
    assert_status(copy.put(other, fixture->ns, &op, NULL), KV_OK);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL),
                  KV_ALREADY_OPEN);
    assert_status(copy.put(other, fixture->ns, &op, NULL), KV_OK);
    copy.close(other);
    fixture_open(fixture);
    fixture_expect(fixture, "a", "2");
    fixture_expect(fixture, "b", "2");
    expect_refused(fixture);
}

/** A handle that was closed with snapshots out has it open until the last of them ends. */
static void test_snapshots_out(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    fixture_close(fixture);
    expect_refused(fixture);
    kv_snapshot_end(snapshot);
    copy.close(open_other(fixture));
}

/** A read-only handle has LMDB's locks too. */
static void test_read_only(void **state)
{
    struct fixture *fixture = *state;

    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture_open(fixture);
    expect_refused(fixture);
    fixture_close(fixture);
    copy.close(open_other(fixture));
}

/** A sealed store has no locks: any number may read it. */
static void test_sealed(void **state)
{
    struct fixture *fixture = *state;
    kv_db *other;

    fixture_put(fixture, "a", "1");
    assert_status(kv_seal(fixture->db), KV_OK);
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
    other = open_other(fixture);
    copy.close(other);
    fixture_expect(fixture, "a", "1");
}

/** An open that failed for another reason leaves nothing that would refuse the next. */
static void test_after_failed_open(void **state)
{
    struct fixture *fixture = *state;
    kv_db *other = NULL;

    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    assert_status(copy.open(fixture->path, &fixture->options, NULL, &other, NULL), KV_INVALID);
    fixture->options.mode = KV_OPEN_READ_WRITE;
    fixture_open(fixture);
}

/* ---- Children */

/* A child is a process of its own: it may open what its parent has open, by one copy. */
static int open_in_child(void *ctx)
{
    struct fixture *fixture = ctx;
    kv_op op = op_put("child", "1");
    kv_db *db = NULL, *other = NULL;

    if (copy.open(fixture->path, &fixture->options, NULL, &other, NULL) != KV_OK)
        return 1;
    if (copy.put(other, fixture->ns, &op, NULL) != KV_OK)
        return 2;
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_ALREADY_OPEN)
        return 3;
    copy.close(other);
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 4;
    if (copy.open(fixture->path, &fixture->options, NULL, &other, NULL) != KV_ALREADY_OPEN)
        return 5;
    kv_close(fixture->db); /* The inherited one: nothing of the parent's ends. */
    kv_close(db);
    return 0;
}

static void test_child(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(child_run(open_in_child, fixture), 0);
    fixture_expect(fixture, "child", "1");
    expect_refused(fixture);
    fixture_put(fixture, "a", "1");
}

struct waiting {
    int pipes[2];
};

static int wait_in_child(void *ctx)
{
    struct waiting *waiting = ctx;
    char byte;

    (void)close(waiting->pipes[1]);
    return read(waiting->pipes[0], &byte, 1) == 0 ? 0 : 1;
}

/** A child that inherited the descriptors keeps nothing locked once the parent has closed. */
static void test_child_lives_on(void **state)
{
    struct fixture *fixture = *state;
    struct waiting waiting;
    pid_t child;

    assert_int_equal(pipe(waiting.pipes), 0);
    child = child_start(wait_in_child, &waiting);
    fixture_close(fixture);
    copy.close(open_other(fixture));
    fixture_open(fixture);
    (void)close(waiting.pipes[0]);
    (void)close(waiting.pipes[1]);
    assert_int_equal(child_wait(child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST("copies: in turn", test_in_turn),
        STORE_TEST("copies: closed with a snapshot out", test_snapshots_out),
        STORE_TEST("copies: read-only", test_read_only),
        STORE_TEST("copies: sealed", test_sealed),
        STORE_TEST("copies: after an open that failed", test_after_failed_open),
        STORE_TEST("copies: in a child", test_child),
        STORE_TEST("copies: a child that lives on", test_child_lives_on),
    };

    run_tests(tests);
    return run_all_within("api: two copies", copy_load, NULL);
}
