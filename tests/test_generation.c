/* The files of a store: CURRENT, generations, the guard. */
#include "support/fixture.h"

#include "storage/generation.h"

#include <fcntl.h>
#include <poll.h>
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

static void write_file(const char *directory, const char *name, const char *text, size_t size)
{
    char path[TEMPDIR_PATH_MAX];
    int fd;

    tempdir_join(path, directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
}

static bool exists(const char *directory, const char *name)
{
    char path[TEMPDIR_PATH_MAX];

    tempdir_join(path, directory, name);
    return access(path, F_OK) == 0;
}

static unsigned mode_of(const char *path)
{
    struct stat file;

    assert_int_equal(stat(path, &file), 0);
    return file.st_mode & 07777;
}

/* ---- CURRENT */

#define TEXT(s) s, sizeof(s) - 1

static const struct row {
    const char *name, *text;
    size_t size;
    kv_status want;
    bool sealed;
} rows[] = {
    {"CURRENT: unsealed", TEXT("libkv 1\ngeneration g-a\nsealed no\n"), KV_OK, false},
    {"CURRENT: sealed", TEXT("libkv 1\ngeneration g-a\nsealed yes\n"), KV_OK, true},
    {"CURRENT: the longest name", TEXT("libkv 1\ngeneration " NAME_63 "\nsealed no\n"), KV_OK,
     false},
    {"CURRENT: empty", TEXT(""), KV_CORRUPT, false},
    {"CURRENT: zeros", TEXT("\0\0\0\0\0\0\0\0"), KV_CORRUPT, false},
    {"CURRENT: another's", TEXT("MANIFEST-000001\n"), KV_CORRUPT, false},
    {"CURRENT: one line", TEXT("libkv 1\n"), KV_CORRUPT, false},
    {"CURRENT: two lines", TEXT("libkv 1\ngeneration g-a\n"), KV_CORRUPT, false},
    {"CURRENT: cut in the last line", TEXT("libkv 1\ngeneration g-a\nsealed n"), KV_CORRUPT, false},
    {"CURRENT: no newline at the end", TEXT("libkv 1\ngeneration g-a\nsealed no"), KV_CORRUPT,
     false},
    {"CURRENT: a fourth line", TEXT("libkv 1\ngeneration g-a\nsealed no\nmore\n"), KV_CORRUPT,
     false},
    {"CURRENT: a NUL at the end", TEXT("libkv 1\ngeneration g-a\nsealed no\n\0"), KV_CORRUPT,
     false},
    {"CURRENT: a NUL inside", TEXT("libkv 1\ngeneration g-a\nsealed no\0"), KV_CORRUPT, false},
    {"CURRENT: neither yes nor no", TEXT("libkv 1\ngeneration g-a\nsealed maybe\n"), KV_CORRUPT,
     false},
    {"CURRENT: yes and more", TEXT("libkv 1\ngeneration g-a\nsealed yesyes\n"), KV_CORRUPT, false},
    {"CURRENT: no generation", TEXT("libkv 1\ngeneration \nsealed no\n"), KV_CORRUPT, false},
    {"CURRENT: not a generation's name", TEXT("libkv 1\ngeneration GUARD\nsealed no\n"), KV_CORRUPT,
     false},
    {"CURRENT: the parent", TEXT("libkv 1\ngeneration ..\nsealed no\n"), KV_CORRUPT, false},
    {"CURRENT: a path", TEXT("libkv 1\ngeneration g-a/../..\nsealed no\n"), KV_CORRUPT, false},
    {"CURRENT: a name too long", TEXT("libkv 1\ngeneration " NAME_63 "4\nsealed no\n"), KV_CORRUPT,
     false},
    {"CURRENT: far too long", TEXT("libkv 1\ngeneration g-a\nsealed no\n" LONG_200 LONG_200),
     KV_CORRUPT, false},
    {"CURRENT: lines in another order", TEXT("libkv 1\nsealed no\ngeneration g-a\n"), KV_CORRUPT,
     false},
    {"CURRENT: carriage returns", TEXT("libkv 1\r\ngeneration g-a\r\nsealed no\r\n"), KV_CORRUPT,
     false},
    {"CURRENT: all on one line", TEXT("libkv 1 generation g-a sealed no\n"), KV_CORRUPT, false},
    {"CURRENT: an empty line between", TEXT("libkv 1\n\ngeneration g-a\nsealed no\n"), KV_CORRUPT,
     false},
    {"CURRENT: two spaces", TEXT("libkv 1\ngeneration  g-a\nsealed no\n"), KV_CORRUPT, false},
    {"CURRENT: version 0", TEXT("libkv 0\ngeneration g-a\nsealed no\n"), KV_UNSUPPORTED, false},
    {"CURRENT: version -1", TEXT("libkv -1\ngeneration g-a\nsealed no\n"), KV_CORRUPT, false},
    {"CURRENT: no version", TEXT("libkv \ngeneration g-a\nsealed no\n"), KV_CORRUPT, false},
    {"CURRENT: version 2", TEXT("libkv 2\ngeneration g-a\nsealed no\n"), KV_UNSUPPORTED, false},
    {"CURRENT: version 2, in a form of its own", TEXT("libkv 2\n{}"), KV_UNSUPPORTED, false},
    {"CURRENT: version 10", TEXT("libkv 10\ngeneration g-a\nsealed no\n"), KV_UNSUPPORTED, false},
};

static void test_parse(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_error error = KV_ERROR_INIT;
    kvi_current current;

    write_file(fixture->root, "CURRENT", row->text, row->size);
    assert_status(kvi_current_read(fixture->root, &current, &error), row->want);
    if (row->want == KV_OK) {
        assert_int_equal(current.sealed, row->sealed);
        assert_non_null(strstr(row->text, current.generation));
    } else {
        assert_non_null(strstr(error.message, "CURRENT"));
    }
}

static void test_read_nothing(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    kvi_current current;

    assert_status(kvi_current_read(fixture->root, &current, NULL), KV_NOT_FOUND);
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_NOT_FOUND);
    write_file(fixture->root, "file", "x", 1);
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
    kv_error error = KV_ERROR_INIT;
    kvi_current current;
    char path[KVI_PATH_MAX];
    int fd;

    (void)state;
    memset(store, 'x', sizeof(store) - 1);
    assert_status(kvi_current_read(store, &current, &error), KV_INVALID);
    assert_status(kvi_guard_lock(store, 0600, &fd, &error), KV_INVALID);
    assert_int_equal(fd, -1);
    assert_status(kvi_generation_make(store, 0600, &current, &error), KV_INVALID);
    assert_status(kvi_current_create(store, &current, 0600, &error), KV_INVALID);
    assert_status(kvi_generation_path(store, "g", "f", path), KV_INVALID);
    assert_int_equal(kvi_current_mark(store), 0);
}

static void test_create_first_wins(void **state)
{
    struct fixture *fixture = *state;
    const char *store = fixture->root;
    kvi_current first = {"g-f1", false}, second = {"g-5ec", true}, got;
    uint64_t mark;

    assert_int_equal(kvi_current_mark(store), 0);
    assert_status(kvi_current_create(store, &first, 0600, NULL), KV_OK);
    mark = kvi_current_mark(store);
    assert_int_not_equal(mark, 0);
    assert_status(kvi_current_create(store, &second, 0600, NULL), KV_NOT_FOUND);
    assert_status(kvi_current_read(store, &got, NULL), KV_OK);
    assert_string_equal(got.generation, "g-f1");
    assert_false(got.sealed);
    assert_int_equal(kvi_current_mark(store), mark);
    assert_false(exists(store, "CURRENT.g-f1"));
    assert_false(exists(store, "CURRENT.g-5ec"));
}

static void test_replace(void **state)
{
    struct fixture *fixture = *state;
    const char *store = fixture->root;
    kvi_current first = {"g-f1", false}, second = {"g-5ec", true}, got;
    uint64_t mark;

    assert_status(kvi_current_create(store, &first, 0600, NULL), KV_OK);
    mark = kvi_current_mark(store);
    assert_status(kvi_current_replace(store, &second, 0600, NULL), KV_OK);
    assert_int_not_equal(kvi_current_mark(store), mark);
    assert_status(kvi_current_read(store, &got, NULL), KV_OK);
    assert_string_equal(got.generation, "g-5ec");
    assert_true(got.sealed);
    assert_false(exists(store, "CURRENT.g-5ec"));
    assert_status(kvi_current_replace(fixture->path, &second, 0600, NULL), KV_IO); /* No store. */
}

/* ---- Generations */

static void test_sweep(void **state)
{
    static const char *const generations[] = {"g-dead", "g-kept", "h-other"};
    struct fixture *fixture = *state;
    const char *store = fixture->root;
    char path[TEMPDIR_PATH_MAX];
    kvi_current current;

    for (size_t i = 0; i < 3; i++) {
        tempdir_join(path, store, generations[i]);
        assert_int_equal(mkdir(path, 0700), 0);
        write_file(path, "data.mdb", "x", 1);
        write_file(path, "lock.mdb", "x", 1);
    }
    assert_status(kvi_generation_make(store, 0600, &current, NULL), KV_OK);
    assert_true(exists(store, current.generation));
    write_file(store, "CURRENT.g-dead", "x", 1);
    write_file(store, "CURRENT", "x", 1);
    write_file(store, "GUARD", "", 0);
    write_file(store, "notes", "mine", 4);
    kvi_generation_sweep(store, "g-kept");
    assert_false(exists(store, "g-dead"));
    assert_false(exists(store, current.generation));
    assert_false(exists(store, "CURRENT.g-dead"));
    assert_true(exists(store, "g-kept/data.mdb"));
    assert_true(exists(store, "g-kept/lock.mdb"));
    assert_true(exists(store, "h-other/data.mdb"));
    assert_true(exists(store, "CURRENT"));
    assert_true(exists(store, "GUARD"));
    assert_true(exists(store, "notes"));
    kvi_generation_sweep(store, NULL);
    assert_false(exists(store, "g-kept"));
    kvi_generation_sweep(fixture->path, NULL); /* No directory: nothing to do. */
}

/* What somebody else put there is not ours to remove. */
static void test_remove_keeps_others(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];

    tempdir_join(path, fixture->root, "g-a");
    assert_int_equal(mkdir(path, 0700), 0);
    write_file(path, "data.mdb", "x", 1);
    write_file(path, "notes", "mine", 4);
    kvi_generation_remove(fixture->root, "g-a");
    assert_false(exists(path, "data.mdb"));
    assert_true(exists(path, "notes"));
}

static void test_names_differ(void **state)
{
    struct fixture *fixture = *state;
    kvi_current a, b;

    assert_status(kvi_generation_make(fixture->root, 0600, &a, NULL), KV_OK);
    assert_status(kvi_generation_make(fixture->root, 0600, &b, NULL), KV_OK);
    assert_string_not_equal(a.generation, b.generation);
    assert_status(kvi_generation_make(fixture->path, 0600, &a, NULL), KV_IO);
}

/* ---- The guard */

static void test_guard_excludes(void **state)
{
    struct fixture *fixture = *state;
    struct pollfd told = {.events = POLLIN};
    int guard, pipes[2], status;
    pid_t child;

    assert_status(kvi_guard_lock(fixture->root, 0600, &guard, NULL), KV_OK);
    assert_true(guard >= 0);
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    if (child == 0) {
        int own;
        bool failed;
        alarm(20);
        (void)close(guard); /* The inherited descriptor shares the parent's lock. */
        failed = kvi_guard_lock(fixture->root, 0600, &own, NULL) != KV_OK || own < 0;
        failed = write(pipes[1], "x", 1) != 1 || failed;
        kvi_guard_unlock(own);
        _exit(failed);
    }
    told.fd = pipes[0];
    assert_int_equal(poll(&told, 1, 100), 0); /* It waits. */
    kvi_guard_unlock(guard);
    assert_int_equal(poll(&told, 1, 20000), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(pipes[0]);
    close(pipes[1]);
}

static void test_guard_without_directory(void **state)
{
    struct fixture *fixture = *state;
    int guard = 5;

    assert_status(kvi_guard_lock(fixture->path, 0600, &guard, NULL), KV_OK);
    assert_int_equal(guard, -1);
    kvi_guard_unlock(guard);
}

/* ---- Modes: what the options say, whatever the umask */

static const struct mode {
    const char *name;
    unsigned umask, file, directory;
} modes[] = {
    {"modes: 0600 under 022", 0022, 0600, 0700}, {"modes: 0660 under 077", 0077, 0660, 0770},
    {"modes: 0666 under 022", 0022, 0666, 0777}, {"modes: 0640 under 0", 0000, 0640, 0750},
    {"modes: 0664 under 027", 0027, 0664, 0775},
};

static void test_modes(void **state)
{
    static const char *const files[] = {"data.mdb", "lock.mdb"};
    struct fixture *fixture = *state;
    const struct mode *row = fixture->row;
    char path[KVI_PATH_MAX];
    kvi_current current;
    mode_t before = umask((mode_t)row->umask);

    fixture->options.file_mode = row->file;
    fixture_create(fixture, NULL);
    umask(before);
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_status(kvi_generation_path(fixture->path, current.generation, files[i], path),
                      KV_OK);
        assert_int_equal(mode_of(path), row->file);
    }
    tempdir_join(path, fixture->path, "CURRENT");
    assert_int_equal(mode_of(path), row->file);
    tempdir_join(path, fixture->path, "GUARD");
    assert_int_equal(mode_of(path), row->file);
    tempdir_join(path, fixture->path, current.generation);
    assert_int_equal(mode_of(path), row->directory);
    assert_int_equal(mode_of(fixture->path), row->directory);
}

int main(void)
{
    enum { ROWS = sizeof(rows) / sizeof(rows[0]), MODES = sizeof(modes) / sizeof(modes[0]) };
    struct CMUnitTest tests[ROWS + MODES];
    static const struct CMUnitTest others[] = {
        EMPTY_TEST("CURRENT: none", test_read_nothing),
        EMPTY_TEST("CURRENT: a FIFO", test_read_fifo),
        EMPTY_TEST("CURRENT: the first creator wins", test_create_first_wins),
        EMPTY_TEST("CURRENT: replaced", test_replace),
        EMPTY_TEST("generation: a path too long", test_path_too_long),
        EMPTY_TEST("generation: sweep", test_sweep),
        EMPTY_TEST("generation: remove keeps others' files", test_remove_keeps_others),
        EMPTY_TEST("generation: names differ", test_names_differ),
        EMPTY_TEST("guard: excludes", test_guard_excludes),
        EMPTY_TEST("guard: no directory", test_guard_without_directory),
    };

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = EMPTY_ROW(&rows[i], test_parse);
    for (size_t i = 0; i < MODES; i++)
        tests[ROWS + i] = EMPTY_ROW(&modes[i], test_modes);
    return cmocka_run_group_tests_name("generation: CURRENT and modes", tests, NULL, NULL) +
           cmocka_run_group_tests_name("generation", others, NULL, NULL);
}
