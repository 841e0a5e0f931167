/* Generations and the store's directory: their names, modes and left-overs, and where they may be.
 */
#include "support/fixture.h"

#include "storage/current.h"
#include "storage/path.h"
#include "storage/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- Generations */

static void make_generation(const char *store, const char *name, const void *data, size_t size)
{
    char path[TEMPDIR_PATH_MAX];

    tempdir_join(path, store, name);
    assert_int_equal(mkdir(path, 0700), 0);
    tempdir_write(path, "data.mdb", data, size);
    tempdir_write(path, "lock.mdb", "x", 1);
}

static void test_sweep(void **state)
{
    static const char *const others[] = {"h-other", "g-", "g-UPPER", "g-a.b"};
    static const char zeros[65536];
    struct fixture *fixture = *state;
    const char *store = fixture->root;
    char empty[KVI_GENERATION_NAME_MAX];
    kv_error error = KV_ERROR_INIT;
    uint32_t removed;

    /* What a power cut may leave of a creation. */
    make_generation(store, "g-1", "x", 1);
    make_generation(store, "g-2", "", 0);
    make_generation(store, "g-3", zeros, sizeof(zeros));
    assert_status(kvi_generation_make(store, 0600, empty, NULL), KV_OK);
    assert_true(tempdir_has(store, empty));
    for (size_t i = 0; i < COUNT(others); i++)
        make_generation(store, others[i], "x", 1);
    tempdir_write(store, "GUARD", "", 0);
    tempdir_write(store, "notes", "mine", 4);
    assert_status(kvi_generation_sweep(store, &removed, &error), KV_OK);
    assert_int_equal(removed, 4);
    assert_false(tempdir_has(store, "g-1"));
    assert_false(tempdir_has(store, "g-2"));
    assert_false(tempdir_has(store, "g-3"));
    assert_false(tempdir_has(store, empty));
    assert_true(tempdir_has(store, "h-other/data.mdb"));
    assert_true(tempdir_has(store, "g-/data.mdb"));
    assert_true(tempdir_has(store, "g-UPPER/data.mdb"));
    assert_true(tempdir_has(store, "g-a.b/data.mdb"));
    assert_true(tempdir_has(store, "GUARD"));
    assert_true(tempdir_has(store, "notes"));
    assert_status(kvi_generation_sweep(fixture->path, &removed, &error), KV_IO); /* Not there. */
    assert_int_equal(removed, 0);
}

/* Data that CURRENT no longer names is not taken for a left-over. */
static void expect_kept(const char *store, const char *name)
{
    kv_error error = KV_ERROR_INIT;
    char data[TEMPDIR_PATH_MAX];
    uint32_t removed;

    make_generation(store, "g-0", "x", 1); /* A left-over beside it. */
    assert_status(kvi_generation_sweep(store, &removed, &error), KV_CORRUPT);
    assert_int_equal(removed, 0);
    assert_non_null(strstr(error.message, name));
    assert_non_null(strstr(error.message, "CURRENT is missing"));
    tempdir_join(data, name, "data.mdb");
    assert_true(tempdir_has(store, data));
    assert_true(tempdir_has(store, "g-0/data.mdb"));
}

static void test_sweep_keeps_data(void **state)
{
    struct fixture *fixture = *state;
    char name[KVI_GENERATION_NAME_MAX], path[KVI_PATH_MAX];
    kvi_preflight_facts facts;
    kvi_current current;
    int fd;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_OK);
    (void)snprintf(name, sizeof(name), "%s", current.generation);
    expect_kept(fixture->path, name);
    /* It need not be large, and one meta page of two is enough to know. */
    assert_status(kvi_generation_path(fixture->path, name, "data.mdb", path), KV_OK);
    assert_status(kvi_preflight(path, &facts, NULL), KV_OK);
    assert_int_equal(truncate(path, (off_t)((facts.last_page + 1) * facts.page_size)), 0);
    kvi_generation_remove(fixture->path, "g-0");
    expect_kept(fixture->path, name);
    for (off_t page = 0; page < 2; page++) {
        static const char junk[152];
        char before[sizeof(junk)];
        fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, before, sizeof(before), page * 4096), sizeof(before));
        assert_int_equal(pwrite(fd, junk, sizeof(junk), page * 4096), sizeof(junk));
        kvi_generation_remove(fixture->path, "g-0");
        expect_kept(fixture->path, name);
        assert_int_equal(pwrite(fd, before, sizeof(before), page * 4096), sizeof(before));
        close(fd);
    }
}

/* Without meta pages it is the size that tells: this much was not being created. */
static void test_sweep_keeps_large(void **state)
{
    static const char zeros[1 << 20];
    struct fixture *fixture = *state;

    make_generation(fixture->root, "g-1", zeros, sizeof(zeros));
    expect_kept(fixture->root, "g-1");
}

/* A creation that got as far as to be published, and was never written to, is nothing to lose. */
static void test_fresh(void **state)
{
    struct fixture *fixture = *state;
    char path[KVI_PATH_MAX];
    kvi_current current;
    kvi_preflight_facts facts;

    fixture_open(fixture);
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_OK);
    assert_status(kvi_generation_path(fixture->path, current.generation, "data.mdb", path), KV_OK);
    assert_true(kvi_preflight_is_fresh(path));
    assert_status(kvi_preflight(path, &facts, NULL), KV_OK);
    assert_int_equal(facts.transaction, 2);
    assert_true(facts.file_size <= 32 * facts.page_size); /* Far from the bound. */
    assert_status(kv_namespace_create(fixture->db, "main", 4, &fixture->ns), KV_OK);
    assert_false(kvi_preflight_is_fresh(path));
    fixture_close(fixture);
    assert_int_equal(unlink(path), 0);
    assert_true(kvi_preflight_is_fresh(path)); /* Not there. */
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(kvi_preflight_is_fresh(path));
}

/* What somebody else put there is not ours to remove. */
static void test_remove_keeps_others(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];

    tempdir_join(path, fixture->root, "g-a");
    assert_int_equal(mkdir(path, 0700), 0);
    tempdir_write(path, "data.mdb", "x", 1);
    tempdir_write(path, "notes", "mine", 4);
    kvi_generation_remove(fixture->root, "g-a");
    assert_false(tempdir_has(path, "data.mdb"));
    assert_true(tempdir_has(path, "notes"));
}

static void test_names_differ(void **state)
{
    struct fixture *fixture = *state;
    char a[KVI_GENERATION_NAME_MAX], b[KVI_GENERATION_NAME_MAX];

    assert_status(kvi_generation_make(fixture->root, 0600, a, NULL), KV_OK);
    assert_status(kvi_generation_make(fixture->root, 0600, b, NULL), KV_OK);
    assert_string_not_equal(a, b);
    assert_true(kvi_generation_is_name(a));
    assert_status(kvi_generation_make(fixture->path, 0600, a, NULL), KV_IO);
}

static void test_path_too_long(void **state)
{
    static char store[KVI_PATH_MAX];
    char name[KVI_GENERATION_NAME_MAX], path[KVI_PATH_MAX];
    kv_error error = KV_ERROR_INIT;

    (void)state;
    memset(store, 'x', sizeof(store) - 1);
    assert_status(kvi_generation_make(store, 0600, name, &error), KV_INVALID);
    assert_status(kvi_generation_path(store, "g", "f", path), KV_INVALID);
}

/* ---- File systems. The test's own statfs() says what it is told to. */

static uint32_t fake_type; /* 0: the truth. */

__attribute__((visibility("default"), used)) int statfs(const char *path, struct statfs *out)
{
    int rc = (int)syscall(SYS_statfs, path, out);

    if (rc == 0 && fake_type != 0)
        out->f_type = fake_type;
    return rc;
}

static const struct file_system {
    const char *name;
    uint32_t type;
    kv_status want;
} file_systems[] = {
    {"file system: tmpfs", 0x01021994, KV_OK},
    {"file system: ext4", 0xEF53, KV_OK},
    {"file system: XFS", 0x58465342, KV_OK},
    {"file system: Btrfs", 0x9123683E, KV_OK},
    {"file system: overlayfs", 0x794C7630, KV_OK},
    {"file system: FUSE, which may be anything", 0x65735546, KV_OK},
    {"file system: NFS", 0x6969, KV_UNSUPPORTED},
    {"file system: SMB", 0x517B, KV_UNSUPPORTED},
    {"file system: CIFS", 0xFF534D42, KV_UNSUPPORTED},
    {"file system: SMB2", 0xFE534D42, KV_UNSUPPORTED},
    {"file system: OpenAFS", 0x5346414F, KV_UNSUPPORTED},
    {"file system: AFS", 0x6B414653, KV_UNSUPPORTED},
    {"file system: Coda", 0x73757245, KV_UNSUPPORTED},
    {"file system: 9P", 0x01021997, KV_UNSUPPORTED},
    {"file system: Ceph", 0x00C36400, KV_UNSUPPORTED},
    {"file system: Lustre", 0x0BD00BD0, KV_UNSUPPORTED},
    {"file system: GPFS", 0x47504653, KV_UNSUPPORTED},
    {"file system: GFS2", 0x01161970, KV_UNSUPPORTED},
    {"file system: OCFS2", 0x7461636F, KV_UNSUPPORTED},
    {"file system: BeeGFS", 0x19830326, KV_UNSUPPORTED},
    {"file system: PanFS", 0xAAD7AAEA, KV_UNSUPPORTED},
};

/* Neither a store that is there nor a new one. */
static void test_file_system(void **state)
{
    struct fixture *fixture = *state;
    const struct file_system *row = fixture->row;
    kv_error error = KV_ERROR_INIT;
    kv_status again;

    fake_type = row->type;
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error), row->want);
    fake_type = 0;
    if (row->want != KV_OK)
        assert_non_null(strstr(error.message, "network"));
    fixture_close(fixture);
    fixture_open(fixture);
    fixture_close(fixture);
    fake_type = row->type;
    again = kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL);
    fake_type = 0;
    assert_status(again, row->want);
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

/* Of all that is in the store's directory, and of itself. */
static void expect_modes(const struct fixture *fixture, unsigned file, unsigned directory)
{
    static const char *const files[] = {"CURRENT", "GUARD", "*/data.mdb", "*/lock.mdb"};
    char path[TEMPDIR_PATH_MAX];

    for (size_t i = 0; i < COUNT(files); i++) {
        assert_int_equal(tempdir_find(path, fixture->path, files[i]), 0);
        assert_int_equal(tempdir_mode(path), file);
    }
    *strrchr(path, '/') = '\0';
    assert_int_equal(tempdir_mode(path), directory);
    assert_int_equal(tempdir_mode(fixture->path), directory);
}

static void test_modes(void **state)
{
    struct fixture *fixture = *state;
    const struct mode *row = fixture->row;
    mode_t before = umask((mode_t)row->umask);

    fixture->options.file_mode = row->file;
    fixture_create(fixture, NULL);
    umask(before);
    expect_modes(fixture, row->file, row->directory);
}

/** The same of a store that is there, also sealed; what would lock its owner out is refused. */
static void test_modes_set(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    mode_t before = umask(0077);
    char lock[TEMPDIR_PATH_MAX];

    for (size_t i = 0; i < COUNT(modes); i++) {
        assert_status(kv_file_mode_set(fixture->db, modes[i].file, &error), KV_OK);
        expect_modes(fixture, modes[i].file, modes[i].directory);
    }
    assert_status(kv_file_mode_set(fixture->db, 0444, &error), KV_INVALID);
    assert_non_null(strstr(error.message, "0600"));
    assert_status(kv_file_mode_set(fixture->db, 01600, NULL), KV_INVALID);
    assert_status(kv_seal(fixture->db), KV_OK);
    fixture_close(fixture);
    fixture->options.mode = KV_OPEN_SEALED;
    fixture->options.flags = 0;
    fixture_open(fixture);
    assert_status(kv_file_mode_set(fixture->db, 0044, &error), KV_INVALID);
    assert_status(kv_file_mode_set(fixture->db, 0444, &error), KV_OK);
    expect_modes(fixture, 0444, 0555);
    assert_status(kv_file_mode_set(fixture->db, 0600, &error), KV_OK);
    assert_int_equal(tempdir_find(lock, fixture->path, "*/lock.mdb"), 0);
    assert_int_equal(unlink(lock), 0); /* As on the machine that it was shipped to. */
    assert_status(kv_file_mode_set(fixture->db, 0640, &error), KV_OK);
    umask(before);
    assert_int_equal(tempdir_mode(fixture->path), 0750);
}

/** Another generation under the path is left alone. */
static void test_modes_moved(void **state)
{
    struct fixture *fixture = *state;
    char aside[TEMPDIR_PATH_MAX];

    tempdir_join(aside, fixture->root, "aside");
    assert_int_equal(rename(fixture->path, aside), 0);
    assert_status(kv_file_mode_set(fixture->db, 0660, NULL), KV_MOVED);
    assert_int_equal(tempdir_mode(aside), 0700);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("generation: a path too long", test_path_too_long),
        EMPTY_TEST("generation: sweep", test_sweep),
        STORE_TEST("generation: the sweep keeps data", test_sweep_keeps_data),
        EMPTY_TEST("generation: the sweep keeps a large file", test_sweep_keeps_large),
        EMPTY_TEST("generation: fresh or not", test_fresh),
        EMPTY_TEST("generation: remove keeps others' files", test_remove_keeps_others),
        EMPTY_TEST("generation: names differ", test_names_differ),
        STORE_TEST("modes: set later", test_modes_set),
        STORE_TEST("modes: set when the store was moved", test_modes_moved),
    };

    run_rows(modes, test_modes, fixture_setup_empty, fixture_teardown);
    run_rows(file_systems, test_file_system, fixture_setup_empty, fixture_teardown);
    run_tests(tests);
    return run_all("generation");
}
