/* CURRENT: what is taken for one, and how it is put in place and replaced. */
#include "support/fixture.h"
#include "support/faults.h"

#include "storage/current.h"
#include "storage/guard.h"
#include "storage/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_63 "g-0123456789012345678901234567890123456789012345678901234567890"
#define LONG_200                                                                                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxx"                                                                                     \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxx"

/* ---- Reading */

#define TEXT(s) s, sizeof(s) - 1

static const struct row {
    const char *name, *text;
    size_t size;
    kv_status want;
    const char *says; /* Sealed, "yes" or "no"; or a part of the message. */
} rows[] = {
    {"CURRENT: unsealed", TEXT("libkv 2\ngeneration g-a\nsealed no\n"), KV_OK, "no"},
    {"CURRENT: sealed", TEXT("libkv 2\ngeneration g-a\nsealed yes\n"), KV_OK, "yes"},
    {"CURRENT: the longest name", TEXT("libkv 2\ngeneration " NAME_63 "\nsealed no\n"), KV_OK,
     "no"},
    {"CURRENT: empty", TEXT(""), KV_CORRUPT, NULL},
    {"CURRENT: zeros", TEXT("\0\0\0\0\0\0\0\0"), KV_CORRUPT, NULL},
    {"CURRENT: another's", TEXT("MANIFEST-000001\n"), KV_CORRUPT, NULL},
    {"CURRENT: one line", TEXT("libkv 2\n"), KV_CORRUPT, NULL},
    {"CURRENT: two lines", TEXT("libkv 2\ngeneration g-a\n"), KV_CORRUPT, NULL},
    {"CURRENT: cut in the last line", TEXT("libkv 2\ngeneration g-a\nsealed n"), KV_CORRUPT, NULL},
    {"CURRENT: no newline at the end", TEXT("libkv 2\ngeneration g-a\nsealed no"), KV_CORRUPT,
     NULL},
    {"CURRENT: a line that is not known", TEXT("libkv 2\ngeneration g-a\nsealed no\nmore\n"), KV_OK,
     "no"},
    {"CURRENT: such lines everywhere", TEXT("libkv 2\nlog here\ngeneration g-a\n\nsealed yes\nx\n"),
     KV_OK, "yes"},
    {"CURRENT: such a line cut short", TEXT("libkv 2\ngeneration g-a\nsealed no\nmor"), KV_CORRUPT,
     NULL},
    {"CURRENT: two generations", TEXT("libkv 2\ngeneration g-a\ngeneration g-b\nsealed no\n"),
     KV_CORRUPT, NULL},
    {"CURRENT: sealed twice", TEXT("libkv 2\ngeneration g-a\nsealed no\nsealed no\n"), KV_CORRUPT,
     NULL},
    {"CURRENT: not sealed, nor unsealed", TEXT("libkv 2\ngeneration g-a\nmore\n"), KV_CORRUPT,
     NULL},
    {"CURRENT: a NUL at the end", TEXT("libkv 2\ngeneration g-a\nsealed no\n\0"), KV_CORRUPT, NULL},
    {"CURRENT: a NUL inside", TEXT("libkv 2\ngeneration g-a\nsealed no\0"), KV_CORRUPT, NULL},
    {"CURRENT: neither yes nor no", TEXT("libkv 2\ngeneration g-a\nsealed maybe\n"), KV_CORRUPT,
     NULL},
    {"CURRENT: yes and more", TEXT("libkv 2\ngeneration g-a\nsealed yesyes\n"), KV_CORRUPT, NULL},
    {"CURRENT: no generation", TEXT("libkv 2\ngeneration \nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: not a generation's name", TEXT("libkv 2\ngeneration GUARD\nsealed no\n"), KV_CORRUPT,
     NULL},
    {"CURRENT: the parent", TEXT("libkv 2\ngeneration ..\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: a path", TEXT("libkv 2\ngeneration g-a/../..\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: a name too long", TEXT("libkv 2\ngeneration " NAME_63 "4\nsealed no\n"), KV_CORRUPT,
     NULL},
    {"CURRENT: far too long", TEXT("libkv 2\ngeneration g-a\nsealed no\n" LONG_200 LONG_200),
     KV_CORRUPT, NULL},
    {"CURRENT: lines in another order", TEXT("libkv 2\nsealed no\ngeneration g-a\n"), KV_OK, "no"},
    {"CURRENT: carriage returns", TEXT("libkv 2\r\ngeneration g-a\r\nsealed no\r\n"), KV_CORRUPT,
     NULL},
    {"CURRENT: all on one line", TEXT("libkv 2 generation g-a sealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: an empty line between", TEXT("libkv 2\n\ngeneration g-a\nsealed no\n"), KV_OK, "no"},
    {"CURRENT: two spaces", TEXT("libkv 2\ngeneration  g-a\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: format 0", TEXT("libkv 0\ngeneration g-a\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: format 00", TEXT("libkv 00\ngeneration g-a\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: format 02", TEXT("libkv 02\ngeneration g-a\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: format -1", TEXT("libkv -1\ngeneration g-a\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: format 3x", TEXT("libkv 3x\ngeneration g-a\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: no format", TEXT("libkv \ngeneration g-a\nsealed no\n"), KV_CORRUPT, NULL},
    {"CURRENT: format 1", TEXT("libkv 1\ngeneration g-a\nsealed no\n"), KV_UNSUPPORTED,
     "libkv 0.1"},
    {"CURRENT: format 3", TEXT("libkv 3\ngeneration g-a\nsealed no\n"), KV_UNSUPPORTED, "newer"},
    {"CURRENT: format 3, in a form of its own", TEXT("libkv 3\n{}"), KV_UNSUPPORTED, "newer"},
    {"CURRENT: format 10", TEXT("libkv 10\ngeneration g-a\nsealed no\n"), KV_UNSUPPORTED, "newer"},
    {"CURRENT: a format of 20 digits", TEXT("libkv 18446744073709551618\n"), KV_UNSUPPORTED,
     "newer"},
};

static void test_parse(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_error error = KV_ERROR_INIT;
    kvi_current current;

    tempdir_write(fixture->root, "CURRENT", row->text, row->size);
    assert_status(kvi_current_read(fixture->root, &current, &error), row->want);
    if (row->want == KV_OK) {
        assert_int_equal(current.is_sealed, strcmp(row->says, "yes") == 0);
        assert_non_null(strstr(row->text, current.generation));
    } else {
        assert_non_null(strstr(error.message, "CURRENT"));
        assert_non_null(strstr(error.message, row->says != NULL ? row->says : "damaged"));
    }
}

/* More than any version writes. */
static void test_too_long(void **state)
{
    static char text[8192] = "libkv 2\ngeneration g-a\nsealed no\n";
    struct fixture *fixture = *state;
    size_t known = strlen(text);
    kvi_current current;

    memset(text + known, '\n', sizeof(text) - known);
    tempdir_write(fixture->root, "CURRENT", text, sizeof(text));
    assert_status(kvi_current_read(fixture->root, &current, NULL), KV_CORRUPT);
    /* All that can be read can be replaced and read again. */
    for (size_t size = 2000; size < 2200; size++) {
        kvi_current first = {.generation = "g-a"},
                    second = {.generation = "g-ab", .is_sealed = true};
        kv_status status;
        tempdir_write(fixture->root, "CURRENT", text, size);
        status = kvi_current_read(fixture->root, &current, NULL);
        if (status == KV_OK)
            status = kvi_current_replace(fixture->root, &first, &second, NULL);
        if (status == KV_OK)
            assert_status(kvi_current_read(fixture->root, &current, NULL), KV_OK);
        assert_status(status, size - known < sizeof(current.others) ? KV_OK : KV_CORRUPT);
    }
}

static void test_read_nothing(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    kvi_current current;

    assert_status(kvi_current_read(fixture->root, &current, NULL), KV_NOT_FOUND);
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_NOT_FOUND);
    tempdir_write(fixture->root, "file", "x", 1);
    tempdir_join(path, fixture->root, "file");
    assert_status(kvi_current_read(path, &current, NULL), KV_NOT_FOUND);
    tempdir_join(path, fixture->root, "CURRENT");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_status(kvi_current_read(fixture->root, &current, NULL), KV_IO);
}

/* Reading must not wait for somebody to write. */
static void test_read_fifo(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    kvi_current current;
    int status;
    pid_t child;

    tempdir_join(path, fixture->root, "CURRENT");
    assert_int_equal(mkfifo(path, 0600), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(3);
        _exit(kvi_current_read(fixture->root, &current, NULL) == KV_OK);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_path_too_long(void **state)
{
    static char store[KVI_PATH_MAX];
    kvi_current current = {.generation = "g-a", .is_sealed = false};
    kv_error error = KV_ERROR_INIT;
    bool is_first;

    (void)state;
    memset(store, 'x', sizeof(store) - 1);
    assert_status(kvi_current_read(store, &current, &error), KV_INVALID);
    assert_status(kvi_current_create(store, &current, 0600, &is_first, &error), KV_INVALID);
    assert_status(kvi_current_replace(store, &current, &current, &error), KV_INVALID);
    assert_int_equal(kvi_current_mark(store), 0);
}

/* ---- Writing */

/* How many files of the store begin with "CURRENT". */
static int current_files(const char *store)
{
    DIR *directory = opendir(store);
    struct dirent *entry;
    int count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        count += strncmp(entry->d_name, "CURRENT", 7) == 0;
    closedir(directory);
    return count;
}

static void test_create_first_wins(void **state)
{
    struct fixture *fixture = *state;
    const char *store = fixture->root;
    kvi_current first = {.generation = "g-f1", .is_sealed = false},
                second = {.generation = "g-5ec", .is_sealed = true}, got;
    bool is_first = false;
    uint64_t mark;

    assert_int_equal(kvi_current_mark(store), 0);
    assert_status(kvi_current_create(store, &first, 0600, &is_first, NULL), KV_OK);
    assert_true(is_first);
    mark = kvi_current_mark(store);
    assert_int_not_equal(mark, 0);
    assert_status(kvi_current_create(store, &second, 0600, &is_first, NULL), KV_OK);
    assert_false(is_first);
    assert_status(kvi_current_read(store, &got, NULL), KV_OK);
    assert_string_equal(got.generation, "g-f1");
    assert_false(got.is_sealed);
    assert_int_equal(kvi_current_mark(store), mark);
    assert_int_equal(current_files(store), 1);
}

/* link() on file systems that make no hard links. */
static void test_create_without_links(void **state)
{
    static const int numbers[] = {EPERM, EOPNOTSUPP, ENOSYS, EMLINK};
    struct fixture *fixture = *state;
    kvi_current first = {.generation = "g-f1", .is_sealed = false};

    for (size_t i = 0; i < COUNT(numbers); i++) {
        kv_error error = KV_ERROR_INIT;
        bool is_first = true;
        faults_reset();
        faults_fail(FAULTS_LINK, numbers[i], 0, 1);
        assert_status(kvi_current_create(fixture->root, &first, 0600, &is_first, &error),
                      KV_UNSUPPORTED);
        assert_false(is_first);
        assert_non_null(strstr(error.message, "hard link"));
        assert_int_equal(error.os_errno, numbers[i]);
        assert_int_equal(current_files(fixture->root), 0);
    }
    faults_reset();
}

static kvi_current create(const char *store, const char *generation)
{
    kvi_current current = {.is_sealed = false};
    bool is_first;

    (void)snprintf(current.generation, sizeof(current.generation), "%s", generation);
    assert_status(kvi_current_create(store, &current, 0600, &is_first, NULL), KV_OK);
    assert_true(is_first);
    return current;
}

static void test_replace(void **state)
{
    struct fixture *fixture = *state;
    const char *store = fixture->root;
    kvi_current first = create(store, "g-f1"), second = {.generation = "g-5ec", .is_sealed = true},
                got;
    uint64_t mark = kvi_current_mark(store);

    assert_status(kvi_current_replace(store, &first, &second, NULL), KV_OK);
    assert_int_not_equal(kvi_current_mark(store), mark);
    assert_status(kvi_current_read(store, &got, NULL), KV_OK);
    assert_string_equal(got.generation, "g-5ec");
    assert_true(got.is_sealed);
    assert_int_equal(current_files(store), 1);
}

static void expect_text(const char *store, const char *want)
{
    char path[TEMPDIR_PATH_MAX], text[256];
    ssize_t size;
    int fd;

    tempdir_join(path, store, "CURRENT");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    size = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    assert_true(size >= 0);
    text[size] = '\0';
    assert_string_equal(text, want);
}

/* What a newer version wrote there beside what we know is still there afterwards, twice. */
static void test_replace_keeps_lines(void **state)
{
    static const char text[] = "libkv 2\nlog here\ngeneration g-f1\nsealed no\n\nmore of it\n";
    struct fixture *fixture = *state;
    kvi_current first = {.generation = "g-f1"}, second = {.generation = "g-5ec", .is_sealed = true};

    tempdir_write(fixture->root, "CURRENT", text, sizeof(text) - 1);
    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_OK);
    expect_text(fixture->root, "libkv 2\ngeneration g-5ec\nsealed yes\nlog here\n\nmore of it\n");
    assert_status(kvi_current_replace(fixture->root, &second, &first, NULL), KV_OK);
    expect_text(fixture->root, "libkv 2\ngeneration g-f1\nsealed no\nlog here\n\nmore of it\n");
}

/* It says what it is to say already: nothing is written. */
static void test_replace_again(void **state)
{
    struct fixture *fixture = *state;
    kvi_current first = create(fixture->root, "g-f1"),
                second = {.generation = "g-f1", .is_sealed = true};
    uint64_t mark;

    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_OK);
    mark = kvi_current_mark(fixture->root);
    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_OK);
    assert_int_equal(kvi_current_mark(fixture->root), mark);
}

/* Somebody else switched in between: theirs stays. */
static void test_replace_moved(void **state)
{
    struct fixture *fixture = *state;
    kvi_current first = create(fixture->root, "g-f1"),
                sealed = {.generation = "g-f1", .is_sealed = true};
    kvi_current other = {.generation = "g-0", .is_sealed = false}, got;

    assert_status(kvi_current_replace(fixture->root, &first, &other, NULL), KV_OK);
    assert_status(kvi_current_replace(fixture->root, &first, &sealed, NULL), KV_MOVED);
    assert_status(kvi_current_read(fixture->root, &got, NULL), KV_OK);
    assert_string_equal(got.generation, "g-0");
    assert_false(got.is_sealed);
    assert_status(kvi_current_replace(fixture->path, &first, &sealed, NULL), KV_MOVED);
    assert_false(tempdir_has(fixture->root, "store")); /* There is no such directory, now either. */
}

/* Who replaces it may have other options and, as root, be somebody else. */
static void test_replace_keeps_mode(void **state)
{
    struct fixture *fixture = *state;
    kvi_current first = create(fixture->root, "g-f1"),
                second = {.generation = "g-f1", .is_sealed = true};
    char path[TEMPDIR_PATH_MAX];
    struct stat file;

    tempdir_join(path, fixture->root, "CURRENT");
    assert_int_equal(chmod(path, 0664), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(path, 12, 34), 0);
    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_OK);
    assert_int_equal(tempdir_mode(path), 0664);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_uid, geteuid() == 0 ? 12 : geteuid());
    assert_int_equal(file.st_gid, geteuid() == 0 ? 34 : getegid());
}

/* What a writer that died left behind goes with the next replacement. */
static void test_replace_sweeps(void **state)
{
    struct fixture *fixture = *state;
    kvi_current first = create(fixture->root, "g-f1"),
                second = {.generation = "g-f1", .is_sealed = true};

    tempdir_write(fixture->root, "CURRENT.0123456789abcdef", "x", 1);
    tempdir_write(fixture->root, "CURRENT.g-f1", "x", 1);
    assert_int_equal(current_files(fixture->root), 3);
    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_OK);
    assert_int_equal(current_files(fixture->root), 1);
}

static void test_replace_waits_for_guard(void **state)
{
    struct fixture *fixture = *state;
    kvi_current first = create(fixture->root, "g-f1"),
                second = {.generation = "g-f1", .is_sealed = true}, got;
    int guard, status;
    pid_t child;

    assert_status(kvi_guard_lock(fixture->root, 0600, &guard, NULL), KV_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(20);
        (void)close(guard);
        _exit(kvi_current_replace(fixture->root, &first, &second, NULL) != KV_OK);
    }
    (void)usleep(100000);
    assert_status(kvi_current_read(fixture->root, &got, NULL), KV_OK);
    assert_false(got.is_sealed);
    kvi_guard_unlock(guard);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_status(kvi_current_read(fixture->root, &got, NULL), KV_OK);
    assert_true(got.is_sealed);
}

/* Each step of it that fails leaves the old one, and nothing else. */
static void test_replace_fails(void **state)
{
    struct fixture *fixture = *state;
    kvi_current first = create(fixture->root, "g-f1"),
                second = {.generation = "g-f1", .is_sealed = true}, got;

    faults_reset();
    faults_fail(FAULTS_WRITE, ENOSPC, 0, 1);
    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_DISK_FULL);
    faults_reset();
    faults_fail(FAULTS_FSYNC, EIO, 0, 1);
    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_IO);
    faults_reset();
    assert_int_equal(current_files(fixture->root), 1);
    assert_status(kvi_current_read(fixture->root, &got, NULL), KV_OK);
    assert_false(got.is_sealed);
    assert_status(kvi_current_replace(fixture->root, &first, &second, NULL), KV_OK);
    assert_int_equal(faults_count(FAULTS_FSYNC), 2); /* The file, and its name. */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("CURRENT: none", test_read_nothing),
        EMPTY_TEST("CURRENT: a FIFO", test_read_fifo),
        EMPTY_TEST("CURRENT: longer than any", test_too_long),
        EMPTY_TEST("CURRENT: a path too long", test_path_too_long),
        EMPTY_TEST("CURRENT: the first creator wins", test_create_first_wins),
        FAULTS_EMPTY_TEST("CURRENT: no hard links", test_create_without_links),
        EMPTY_TEST("CURRENT: replaced", test_replace),
        EMPTY_TEST("CURRENT: keeps the lines that it does not know", test_replace_keeps_lines),
        EMPTY_TEST("CURRENT: replaced by the same", test_replace_again),
        EMPTY_TEST("CURRENT: replaced by others meanwhile", test_replace_moved),
        EMPTY_TEST("CURRENT: keeps its mode and owner", test_replace_keeps_mode),
        EMPTY_TEST("CURRENT: left-overs", test_replace_sweeps),
        EMPTY_TEST("CURRENT: replaced under the guard", test_replace_waits_for_guard),
        FAULTS_EMPTY_TEST("CURRENT: replacing fails", test_replace_fails),
    };

    run_rows(rows, test_parse, fixture_setup_empty, fixture_teardown);
    run_tests(tests);
    return run_all("CURRENT");
}
