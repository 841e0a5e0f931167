/* SIGXFSZ held back while a limit is set: what comes meanwhile is taken off, all else is as before.
 */
#include "support/fixture.h"

#include "storage/file_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

static rlim_t limit_before;
static volatile sig_atomic_t arrived;

static void count_arrival(int signal_number)
{
    (void)signal_number;
    arrived++;
}

static void limit_set(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool is_blocked(void)
{
    sigset_t mask;

    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    return sigismember(&mask, SIGXFSZ) == 1;
}

static void block(int how)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGXFSZ);
    assert_int_equal(pthread_sigmask(how, &set, NULL), 0);
}

/* Write beyond the limit, which must fail. */
static void write_beyond(struct fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    int fd;

    tempdir_join(path, fixture->root, "file");
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "x", 1, 5000), -1);
    assert_int_equal(errno, EFBIG);
    (void)close(fd);
}

static int setup(void **state)
{
    struct rlimit limit;

    if (fixture_setup_empty(state) != 0 || getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return -1;
    limit_before = limit.rlim_cur;
    arrived = 0;
    return signal(SIGXFSZ, count_arrival) == SIG_ERR ? -1 : 0;
}

static int teardown(void **state)
{
    limit_set(limit_before);
    block(SIG_UNBLOCK);
    (void)signal(SIGXFSZ, SIG_DFL);
    return fixture_teardown(state);
}

static void test_limit(void **state)
{
    (void)state;
    limit_set(RLIM_INFINITY);
    assert_true(kvi_file_limit() == UINT64_MAX);
    limit_set(4096);
    assert_int_equal(kvi_file_limit(), 4096);
    limit_set(0);
    assert_int_equal(kvi_file_limit(), 0);
}

static void test_no_limit(void **state)
{
    kvi_file_limit_hold hold;

    (void)state;
    limit_set(RLIM_INFINITY);
    kvi_file_limit_begin(&hold);
    assert_false(is_blocked());
    limit_set(4096); /* It was set meanwhile. */
    kvi_file_limit_end(&hold);
    assert_false(is_blocked());
}

static void test_held_back(void **state)
{
    kvi_file_limit_hold hold;

    limit_set(4096);
    for (int i = 0; i < 3; i++) {
        kvi_file_limit_begin(&hold);
        assert_true(is_blocked());
        write_beyond(*state);
        write_beyond(*state);
        errno = 77;
        kvi_file_limit_end(&hold);
        assert_int_equal(errno, 77);
        assert_false(is_blocked());
    }
    assert_int_equal(arrived, 0);
    write_beyond(*state); /* Outside it comes. */
    assert_int_equal(arrived, 1);
}

/* The host's own, which it had blocked, waits for it still. */
static void test_pending_before(void **state)
{
    kvi_file_limit_hold hold;

    limit_set(4096);
    block(SIG_BLOCK);
    assert_int_equal(raise(SIGXFSZ), 0);
    kvi_file_limit_begin(&hold);
    write_beyond(*state);
    kvi_file_limit_end(&hold);
    assert_true(is_blocked());
    assert_int_equal(arrived, 0);
    block(SIG_UNBLOCK);
    assert_int_equal(arrived, 1);
}

#define LIMIT_TEST(name, function)                                                                 \
    {                                                                                              \
        name, function, setup, teardown, NULL                                                      \
    }

int main(void)
{
    static const struct CMUnitTest tests[] = {
        LIMIT_TEST("file limit: what it is", test_limit),
        LIMIT_TEST("file limit: none", test_no_limit),
        LIMIT_TEST("file limit: its signal is held back", test_held_back),
        LIMIT_TEST("file limit: a signal that was pending before", test_pending_before),
    };

    run_tests(tests);
    return run_all("file limit");
}
