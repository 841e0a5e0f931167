/* Stores that a released version wrote, kept in tests/golden/format-2/: each is copied aside,
 * opened, and what it holds compared, line by line, with the EXPECTED beside it. They are never
 * made anew.
 *
 * With KV_GOLDEN_MAKE=tests/golden/format-2 in the environment the program instead makes those that
 * are not there yet, with what it then reads in them as EXPECTED: look at that before it is kept.
 */
#include "support/fixture.h"
#include "support/random.h"
#include "support/recount.h"

#include "ops/db.h"
#include "storage/txn.h"
#include "tables/usage.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN "tests/golden/format-2"
#define SHORT 64 /* Longer values are shown by their checksum. */

/* ---- What a store holds, as text */

/* FNV-1a: nothing of the library's own. */
static uint64_t checksum(kv_slice bytes)
{
    const uint8_t *p = bytes.data;
    uint64_t sum = UINT64_C(0xCBF29CE484222325);

    for (size_t i = 0; i < bytes.size; i++)
        sum = (sum ^ p[i]) * UINT64_C(0x100000001B3);
    return sum;
}

static void dump_bytes(FILE *out, const char *name, kv_slice bytes)
{
    const uint8_t *p = bytes.data;

    fprintf(out, " %s=", name);
    if (bytes.size > SHORT) {
        fprintf(out, "%zu:%016" PRIx64, bytes.size, checksum(bytes));
        return;
    }
    for (size_t i = 0; i < bytes.size; i++)
        fprintf(out, p[i] > ' ' && p[i] < 0x7F && p[i] != '%' ? "%c" : "%%%02X", p[i]);
}

static void dump_entries(FILE *out, kv_snapshot *snapshot, kv_ns ns)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_status status;
    kv_entry entry;
    kv_list *list;

    options.flags = KV_LIST_VALUES;
    assert_status(kv_list_begin(snapshot, ns, &options, &list), KV_OK);
    while ((status = kv_list_next(list, &entry)) == KV_OK) {
        assert_status(entry.status, KV_OK);
        fputs("  entry", out);
        dump_bytes(out, "key", entry.key);
        dump_bytes(out, "value", entry.value);
        dump_bytes(out, "metadata", entry.metadata);
        fprintf(out, " version=%" PRIu64 " stored=%" PRIu64 " codec=%u updated=%" PRId64,
                entry.version, entry.stored_size, entry.codec, entry.updated_at);
        if ((entry.flags & KV_ENTRY_EXPIRES) != 0)
            fprintf(out, " expires=%" PRId64, entry.expires_at);
        fputc('\n', out);
    }
    assert_status(status, KV_NOT_FOUND);
    kv_list_end(list);
}

static void dump_namespaces(FILE *out, kv_snapshot *snapshot)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;

    while (kv_namespace_next(snapshot, info.id, &info) == KV_OK) {
        fprintf(out,
                "namespace id=%u name=%s created=%" PRId64 " capacity=%" PRIu64 " rows=%" PRIu64
                " bytes=%" PRIu64 "+%" PRIu64 "+%" PRIu64 " stored=%" PRIu64 " description=%s\n",
                info.id, info.name, info.created_at, info.capacity, info.key_count, info.key_bytes,
                info.value_bytes, info.metadata_bytes, info.stored_bytes, info.description);
        dump_entries(out, snapshot, info.id);
    }
}

static void dump_changes(FILE *out, kv_snapshot *snapshot, const kv_stats *stats)
{
    kv_buf keys = {NULL, 0, 0};
    kv_change changes[50];
    kv_position at;
    size_t count;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    fprintf(out, "changes first=%" PRIu64 " newest=%" PRIu64 " bytes=%" PRIu64 "\n",
            stats->store_changes_first, at.sequence, stats->store_changes_bytes);
    at.sequence = stats->store_changes_first - 1;
    do {
        assert_status(kv_changes_read(snapshot, at, &keys, changes, COUNT(changes), &count), KV_OK);
        for (size_t i = 0; i < count; i++) {
            const kv_change *change = &changes[i];
            fprintf(out,
                    "  change %" PRIu64 " kind=%u ns=%u size=%" PRIu64 " time=%" PRId64 " flags=%u",
                    change->sequence, change->kind, change->ns, change->size, change->time,
                    change->flags);
            if ((change->flags & KV_CHANGE_EXPIRES) != 0)
                fprintf(out, " expires=%" PRId64, change->expires_at);
            dump_bytes(out, "key", change->key);
            fputc('\n', out);
            at.sequence = change->sequence;
        }
    } while (count > 0);
    kv_buf_free(&keys);
}

/* The whole of an open store. Owned: free(). */
static char *dump(struct fixture *fixture)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_stats stats = KV_STATS_INIT;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_status(kv_settings_get(snapshot, &settings), KV_OK);
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    fprintf(out,
            "settings map=%" PRIu64 " capacity=%" PRIu64 " log=%" PRIu64 " age=%" PRId64
            " namespaces=%u\n",
            settings.map_size_max, settings.namespace_capacity_default, settings.changes_bytes_max,
            settings.changes_age_max_s, settings.namespaces_max);
    fprintf(out,
            "store namespaces=%" PRIu64 " dropped=%" PRIu64 " keys=%" PRIu64 " bytes=%" PRIu64
            "+%" PRIu64 "+%" PRIu64 " stored=%" PRIu64 " expiring=%" PRIu64 "\n",
            stats.store_namespaces, stats.store_namespaces_dropped, stats.store_keys,
            stats.store_key_bytes, stats.store_value_bytes, stats.store_metadata_bytes,
            stats.store_stored_bytes, stats.store_expiring);
    dump_namespaces(out, snapshot);
    dump_changes(out, snapshot, &stats);
    assert_int_equal(fclose(out), 0);
    kv_snapshot_end(snapshot);
    return text;
}

/* ---- Making: each case writes what its name says into a store of 8 MiB */

static char large[126000];

static void large_fill(uint64_t seed)
{
    struct rng rng = {seed};

    rng_fill(&rng, large, sizeof(large));
}

static void put_sized(struct fixture *fixture, kv_ns ns, kv_slice key, size_t size, int64_t ttl_s)
{
    kv_op op = {.kind = KV_PUT, .key = key.data, .key_size = key.size};

    op.value = large;
    op.value_size = size;
    op.flags = ttl_s > 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl_s;
    assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
}

static kv_slice text(const char *s)
{
    return (kv_slice){s, strlen(s)};
}

/* Namespaces in every state; deadlines to come, passed, inherited and moved; records of each form
   but pieces; the log in several blocks. */
static void make_rows(struct fixture *fixture)
{
    static const char described[] = "what it is for";
    static char longest[KV_KEY_SIZE_MAX], keys[200][8];
    static kv_op ops[200];
    kv_op op = op_put("with-metadata", "a short value"), touch = op_touch("touched");
    kv_ns other, gone;

    memset(longest, 'z', sizeof(longest));
    large_fill(1);
    assert_status(kv_namespace_create(fixture->db, "Other_1", 7, &other), KV_OK);
    assert_status(kv_namespace_set(fixture->db, other, 123456, described, sizeof(described) - 1),
                  KV_OK);
    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    op.metadata = "{\"a\":1}";
    op.metadata_size = 7;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    fixture_put(fixture, "empty", "");
    fixture_put(fixture, "\xC3\xA9t\xC3\xA9", "UTF-8");
    put_sized(fixture, fixture->ns, (kv_slice){longest, sizeof(longest)}, 10, 0);
    put_sized(fixture, fixture->ns, text("a-run-of-pages"), 20000, 0);
    put_sized(fixture, fixture->ns, text("passed"), 5, 10);
    put_sized(fixture, fixture->ns, text("to-come"), 5, 1000);
    put_sized(fixture, fixture->ns, text("inherited"), 5, 100);
    put_sized(fixture, fixture->ns, text("inherited"), 6, 2000);
    put_sized(fixture, fixture->ns, text("touched"), 7, 500);
    touch.flags = KV_OP_TTL;
    touch.ttl_s = 3000;
    assert_status(kv_put(fixture->db, fixture->ns, &touch, NULL), KV_OK);
    memset(large, 'c', 5000);
    put_sized(fixture, fixture->ns, text("compressed"), 5000, 0);
    fixture_put(fixture, "deleted", "soon");
    assert_status(kv_delete(fixture->db, fixture->ns, "deleted", 7, NULL), KV_OK);
    for (size_t i = 0; i < COUNT(ops); i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%03zu", i);
        ops[i] = op_put(keys[i], keys[i]);
    }
    assert_status(kv_batch(fixture->db, other, ops, COUNT(ops), NULL, NULL, NULL), KV_OK);
    put_sized(fixture, gone, text("left"), 50, 0);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
}

/* Values in pieces, raw and compressed; and what is left of one that was replaced. */
static void make_pieces(struct fixture *fixture)
{
    large_fill(2);
    put_sized(fixture, fixture->ns, text("raw"), 66000, 0);
    put_sized(fixture, fixture->ns, text("replaced"), 66001, 0);
    put_sized(fixture, fixture->ns, text("replaced"), 66002, 500);
    memset(large, 'c', 60000);
    put_sized(fixture, fixture->ns, text("compressed"), 126000, 0);
}

/* The same as rows, sealed. */
static void make_sealed(struct fixture *fixture)
{
    make_rows(fixture);
    assert_status(kv_seal(fixture->db), KV_OK);
}

/* Commits that were not hardened, of a machine that has stopped since. */
static void make_lazy(struct fixture *fixture)
{
    fixture_close(fixture);
    fixture->options.sync = KV_SYNC_LAZY;
    fixture_open(fixture);
    for (int i = 0; i < 20; i++)
        fixture_put(fixture, "key", "value");
}

static const struct golden {
    const char *name; /* Of the test; behind the colon that of the directory. */
    void (*make)(struct fixture *fixture);
    bool is_sealed, is_lazy;
} cases[] = {
    {"golden: rows", make_rows, false, false},
    {"golden: pieces", make_pieces, false, false},
    {"golden: sealed", make_sealed, true, false},
    {"golden: lazy", make_lazy, false, true},
};

static void golden_path(char out[TEMPDIR_PATH_MAX], const struct golden *golden, const char *base)
{
    tempdir_join(out, base, strchr(golden->name, ' ') + 1);
}

/* ---- Files */

/* Read a file whole. Owned: free(). */
static char *file_read(const char *path, size_t *size_out)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    struct stat facts;

    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    assert_int_equal(fstat(fileno(file), &facts), 0);
    *size_out = (size_t)facts.st_size;
    bytes = calloc(1, *size_out + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size_out, file), *size_out);
    (void)fclose(file);
    return bytes;
}

static void file_copy(const char *from, const char *to, const char *name)
{
    char path[TEMPDIR_PATH_MAX];
    size_t size;
    char *bytes;

    tempdir_join(path, from, name);
    bytes = file_read(path, &size);
    tempdir_write(to, name, bytes, size);
    free(bytes);
}

/* Copy a store: CURRENT, GUARD and the data of its generation. */
static void store_copy(const char *from, const char *to)
{
    char inside[TEMPDIR_PATH_MAX], outside[TEMPDIR_PATH_MAX];

    assert_int_equal(mkdir(to, 0700), 0);
    file_copy(from, to, "CURRENT");
    file_copy(from, to, "GUARD");
    assert_int_equal(tempdir_find(inside, from, "g-*"), 0);
    tempdir_join(outside, to, strrchr(inside, '/') + 1);
    assert_int_equal(mkdir(outside, 0700), 0);
    file_copy(inside, outside, "data.mdb");
}

/* ---- The tests */

static void expect_dump(struct fixture *fixture, const char *want)
{
    char *got = dump(fixture), *line = got;

    for (size_t number = 1; strcmp(line, want) != 0; number++) {
        size_t size = strcspn(line, "\n"), want_size = strcspn(want, "\n");
        if (size != want_size || strncmp(line, want, size) != 0)
            fail_msg("line %zu:\n%.*s\nbut EXPECTED has\n%.*s", number, (int)size, line,
                     (int)want_size, want);
        line += size + (line[size] != '\0');
        want += want_size + (want[want_size] != '\0');
    }
    free(got);
}

static kv_position position(struct fixture *fixture)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position at;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    return at;
}

/* Who may write opens it, finds the same, and goes on: another key, and all that is due swept. */
static void check_writing(struct fixture *fixture, const struct golden *golden, const char *want)
{
    kv_position before, after;
    kv_change change;
    kv_snapshot *snapshot;
    size_t count;

    before = position(fixture);
    fixture_close(fixture);
    fixture->options.mode = KV_OPEN_READ_WRITE;
    fixture_open(fixture);
    expect_dump(fixture, want);
    after = position(fixture);
    assert_true((before.epoch != after.epoch) == golden->is_lazy);
    fixture_put(fixture, "new", "value");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_changes_read(snapshot, before, &fixture->buf, &change, 1, &count), KV_OK);
    assert_int_equal(count, 1);
    kv_snapshot_end(snapshot);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    fixture_expect(fixture, "new", "value");
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
}

static void test_golden(void **state)
{
    struct fixture *fixture = *state;
    const struct golden *golden = fixture->row;
    char path[TEMPDIR_PATH_MAX], expected[TEMPDIR_PATH_MAX];
    size_t size;
    char *want;

    golden_path(path, golden, GOLDEN);
    tempdir_join(expected, path, "EXPECTED");
    want = file_read(expected, &size);
    assert_true(size > 200);
    store_copy(path, fixture->path);
    fixture->ns = 1;
    fixture->options.flags = 0;
    fixture_advance(fixture, 60); /* One key's deadline has passed. */
    fixture->options.mode = golden->is_sealed ? KV_OPEN_SEALED : KV_OPEN_READ_ONLY;
    fixture_open(fixture);
    expect_dump(fixture, want);
    if (!golden->is_sealed) {
        check_writing(fixture, golden, want);
    } else {
        fixture_close(fixture);
        assert_int_equal(support_recount(fixture->path), 0);
    }
    free(want);
}

/* Every directory there has its test. */
static void test_all(void **state)
{
    DIR *directory = opendir(GOLDEN);
    struct dirent *entry;
    size_t count = 0;

    (void)state;
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.';
    (void)closedir(directory);
    assert_int_equal(count, COUNT(cases));
}

/* ---- Making */

/* End the data file behind its last page. */
static void data_truncate(const char *store, uint64_t size)
{
    char path[TEMPDIR_PATH_MAX];

    assert_int_equal(tempdir_find(path, store, "g-*/data.mdb"), 0);
    assert_int_equal(truncate(path, (off_t)size), 0);
}

/* As if another boot of the machine had made the lazy commits. */
static void boot_change(struct fixture *fixture)
{
    uint8_t block[4096];
    kvi_usage_store store;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_usage_store_get(txn, &store), KV_OK);
    assert_true(store.lazy_boot != 0);
    memcpy(block, store.open_block.data, store.open_block.size);
    store.open_block.data = block;
    store.lazy_boot = 1;
    assert_status(kvi_usage_store_put(txn, &store), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static void test_make(void **state)
{
    struct fixture *fixture = *state;
    const struct golden *golden = fixture->row;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_stats stats = KV_STATS_INIT;
    char path[TEMPDIR_PATH_MAX], *text;

    golden_path(path, golden, getenv("KV_GOLDEN_MAKE"));
    if (access(path, F_OK) == 0)
        skip_because("it is there, and stays as it is");
    settings.map_size_max = KV_MAP_SIZE_MIN;
    fixture_create(fixture, &settings);
    golden->make(fixture);
    if (golden->is_lazy)
        boot_change(fixture);
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    fixture_close(fixture);
    data_truncate(fixture->path, stats.store_pages_used * stats.store_page_size);
    store_copy(fixture->path, path);
    fixture_advance(fixture, 60);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture_open(fixture);
    text = dump(fixture);
    tempdir_write(path, "EXPECTED", text, strlen(text));
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {TEST("golden: all of them", test_all)};
    bool is_making = getenv("KV_GOLDEN_MAKE") != NULL;

    run_rows(cases, is_making ? test_make : test_golden, fixture_setup_empty, fixture_teardown);
    run_tests(tests); /* Made first, counted last. */
    return run_all("golden");
}
