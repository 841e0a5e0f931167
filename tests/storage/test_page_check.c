/* The check of pages on files that LMDB wrote, and on the same files with something wrong in them:
 * each kind of damage to a page is found, whatever the page is for. */
#include "support/fixture.h"

#include "storage/page_check.h"

#include "base/bytes.h"
#include "ops/db.h"
#include "storage/generation.h"
#include "storage/lmdb_page.h"
#include "storage/preflight.h"
#include "support/random.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEYS 3000
#define LARGE 300000 /* Bytes of a value in pieces. */
#define RUN 30000    /* Bytes of a value in an overflow run. */
#define PAGE_MAX 32768

/* A data file of many kinds of page, and what is found in it. */
struct file {
    struct fixture *fixture;
    char path[KVI_PATH_MAX];
    int fd;
    uint64_t page_size, pages;
    uint64_t faults;
    kvi_page_fault first;
    int stop_at; /* Of faults. */
    uint64_t progress;
};

static void store_fill(struct fixture *fixture)
{
    static char large[LARGE];
    kv_op op = {.value = large, .value_size = RUN, .flags = KV_OP_TTL, .ttl_s = 100};
    struct rng rng = {.state = 3};
    char key[32];

    rng_fill(&rng, large, sizeof(large));
    for (int i = 0; i < KEYS; i++) {
        (void)snprintf(key, sizeof(key), "key-%d", i);
        op.key = key;
        op.key_size = strlen(key);
        op.value_size = i % 500 == 0 ? LARGE : i % 50 == 0 ? RUN : 100;
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        if (i % 7 == 0 && i > 0) {
            (void)snprintf(key, sizeof(key), "key-%d", i / 2);
            assert_status(kv_delete(fixture->db, fixture->ns, key, strlen(key), NULL), KV_OK);
        }
    }
}

static int file_setup(void **state)
{
    static struct file own;
    struct file *file = &own;
    kvi_preflight_facts facts;

    own = (struct file){.fd = -1};
    if (fixture_setup_empty(state) != 0)
        return -1;
    file->fixture = *state;
    file->fixture->options.sync = KV_SYNC_LAZY;
    fixture_create(file->fixture, NULL);
    store_fill(file->fixture);
    assert_status(kvi_generation_path(file->fixture->path, file->fixture->db->current.generation,
                                      "data.mdb", file->path),
                  KV_OK);
    fixture_close(file->fixture);
    file->fd = open(file->path, O_RDWR | O_CLOEXEC);
    assert_true(file->fd >= 0);
    assert_status(kvi_preflight_metas(file->fd, &facts), KV_OK);
    file->page_size = facts.page_size;
    file->pages = facts.last_page + 1;
    *state = file;
    return 0;
}

static int file_teardown(void **state)
{
    struct file *file = *state;
    void *fixture = file->fixture;

    (void)close(file->fd);
    return fixture_teardown(&fixture);
}

static int fault_note(void *ctx, const kvi_page_fault *fault)
{
    struct file *file = ctx;

    if (file->faults++ == 0)
        file->first = *fault;
    return file->stop_at != 0 && file->faults == (uint64_t)file->stop_at;
}

static kv_status file_check(struct file *file)
{
    kvi_page_check check = {.fd = file->fd, .found = fault_note, .ctx = file};

    file->faults = 0;
    return kvi_page_check_run(&check);
}

static void page_get(struct file *file, uint64_t number, uint8_t *page)
{
    assert_int_equal(pread(file->fd, page, file->page_size, (off_t)(number * file->page_size)),
                     file->page_size);
}

static void page_set(struct file *file, uint64_t number, const uint8_t *page)
{
    assert_int_equal(pwrite(file->fd, page, file->page_size, (off_t)(number * file->page_size)),
                     file->page_size);
}

/* ---- Sound files */

static void test_sound(void **state)
{
    struct file *file = *state;

    assert_status(file_check(file), KV_OK);
    assert_int_equal(file->faults, 0);
}

/* Close the store and open its data file. */
static void file_open(struct file *file)
{
    struct fixture *fixture = file->fixture;

    assert_status(
        kvi_generation_path(fixture->path, fixture->db->current.generation, "data.mdb", file->path),
        KV_OK);
    fixture_close(fixture);
    file->fd = open(file->path, O_RDWR | O_CLOEXEC);
    assert_true(file->fd >= 0);
}

static void test_new(void **state)
{
    struct fixture *fixture = *state;
    struct file file = {.fixture = fixture};

    file_open(&file);
    assert_status(file_check(&file), KV_OK);
    (void)close(file.fd);
}

/* Within a transaction LMDB writes a shorter value into the pages of the longer one before it. */
static void test_run_kept(void **state)
{
    struct fixture *fixture = *state;
    struct file file = {.fixture = fixture};
    static char value[RUN];
    kv_op ops[2] = {{.key = "key", .key_size = 3, .value = value, .value_size = RUN},
                    {.key = "key", .key_size = 3, .value = value, .value_size = RUN / 5}};
    struct rng rng = {.state = 5};
    kv_prepared *batches[2];

    rng_fill(&rng, value, sizeof(value));
    for (int i = 0; i < 2; i++)
        assert_status(kv_prepare(fixture->db, fixture->ns, &ops[i], 1, NULL, NULL, &batches[i]),
                      KV_OK);
    assert_status(kv_commit(fixture->db, batches, 2, NULL), KV_OK);
    for (int i = 0; i < 2; i++)
        kv_prepared_free(batches[i]);
    file_open(&file);
    assert_status(file_check(&file), KV_OK);
    (void)close(file.fd);
}

/* A reader's transaction stays checkable while others write; one that nobody holds does not. */
static void test_snapshot(void **state)
{
    struct file *file = *state;
    struct fixture *fixture = file->fixture;
    kvi_page_check check = {.fd = file->fd, .found = fault_note, .ctx = file};
    kv_snapshot *snapshot;

    fixture_open(fixture);
    snapshot = fixture_snapshot(fixture);
    check.transaction = kvi_env_transaction(fixture->db->env);
    fixture_put(fixture, "key-1", "another value");
    assert_status(kvi_page_check_run(&check), KV_OK);
    fixture_put(fixture, "key-2", "another value"); /* Its meta page is gone. */
    assert_status(kvi_page_check_run(&check), KV_MOVED);
    kv_snapshot_end(snapshot);
    assert_int_equal(file->faults, 0);
}

static int progress_note(void *ctx, uint64_t done, uint64_t total)
{
    struct file *file = ctx;

    assert_in_range(done, file->progress + 1, total);
    file->progress = done;
    return file->stop_at != 0;
}

static void test_progress(void **state)
{
    struct file *file = *state;
    kvi_page_check check = {
        .fd = file->fd, .found = fault_note, .progress = progress_note, .ctx = file};

    assert_status(kvi_page_check_run(&check), KV_OK);
    assert_in_range(file->progress, file->pages / 2, file->pages);
    file->stop_at = 1;
    file->progress = 0;
    assert_status(kvi_page_check_run(&check), KV_CANCELLED);
}

/* ---- Damage to one page of each kind */

/* The first page in the file that is of this kind, in use, and has this many nodes at least. */
static uint64_t page_find(struct file *file, unsigned flags, unsigned nodes, uint8_t *page)
{
    for (uint64_t i = KVI_PAGE_FIRST; i < file->pages; i++) {
        uint8_t spoiled[16] = {0};
        uint8_t own[16];
        kv_status status;

        page_get(file, i, page);
        if (kvi_le64_load(page) != i || kvi_le16_load(page + 10) != flags ||
            (flags != KVI_PAGE_OVERFLOW && kvi_page_node_count(page) < nodes))
            continue;
        /* A free page keeps its old bytes: nobody misses them. */
        memcpy(own, page, sizeof(own));
        assert_int_equal(pwrite(file->fd, spoiled, 16, (off_t)(i * file->page_size)), 16);
        status = file_check(file);
        assert_int_equal(pwrite(file->fd, own, 16, (off_t)(i * file->page_size)), 16);
        if (status == KV_CORRUPT)
            return i;
    }
    fail_msg("the file has no page of kind %u", flags);
    return 0;
}

enum damage {
    NUMBER,
    FLAGS,
    LOWER_BELOW,
    LOWER_ODD,
    LOWER_ABOVE,
    UPPER_ABOVE,
    NO_NODES,
    NODE_OUTSIDE,
    NODE_ODD,
    NODES_SHARED,
    NODE_GAP,
    KEY_LONG,
    KEY_EMPTY,
    KEYS_SWAPPED,
    KEY_TWICE,
    DATA_LONG,
    NODE_FLAGS,
    CHILD_SWAPPED,
    CHILD_OUTSIDE,
    CHILD_TWICE,
    CHILD_ITSELF,
    RUN_COUNT,
    RUN_LONGER,
    ZEROED,
};

struct damage_row {
    const char *name;
    unsigned flags;
    enum damage damage;
    const char *text; /* Of the first fault. */
};

#define ANY_TREE(name, damage, text)                                                               \
    {"page_check: leaf, " name, KVI_PAGE_LEAF, damage, text},                                      \
    {                                                                                              \
        "page_check: branch, " name, KVI_PAGE_BRANCH, damage, text                                 \
    }

static const struct damage_row damages[] = {
    ANY_TREE("number", NUMBER, "another page"),
    ANY_TREE("flags", FLAGS, "it is no"),
    ANY_TREE("lower too low", LOWER_BELOW, "bounds"),
    ANY_TREE("lower odd", LOWER_ODD, "bounds"),
    ANY_TREE("lower above upper", LOWER_ABOVE, "bounds"),
    ANY_TREE("upper behind the page", UPPER_ABOVE, "bounds"),
    ANY_TREE("no nodes", NO_NODES, "too few"),
    ANY_TREE("node behind the page", NODE_OUTSIDE, "nodes"),
    ANY_TREE("node at an odd place", NODE_ODD, "nodes"),
    ANY_TREE("two nodes in one place", NODES_SHARED, "nodes"),
    ANY_TREE("gap between nodes", NODE_GAP, "nodes"),
    ANY_TREE("key too long", KEY_LONG, "nodes"),
    ANY_TREE("empty key", KEY_EMPTY, "nodes"),
    ANY_TREE("keys swapped", KEYS_SWAPPED, "rise"),
    ANY_TREE("key twice", KEY_TWICE, "rise"),
    ANY_TREE("zeroed", ZEROED, "another page"),
    {"page_check: leaf, data too long", KVI_PAGE_LEAF, DATA_LONG, "nodes"},
    {"page_check: leaf, flags of a node", KVI_PAGE_LEAF, NODE_FLAGS, "kind"},
    {"page_check: branch, children swapped", KVI_PAGE_BRANCH, CHILD_SWAPPED, "rise"},
    {"page_check: branch, child outside", KVI_PAGE_BRANCH, CHILD_OUTSIDE, "not in the file"},
    {"page_check: branch, child twice", KVI_PAGE_BRANCH, CHILD_TWICE, "two uses"},
    {"page_check: branch, its own child", KVI_PAGE_BRANCH, CHILD_ITSELF, "two uses"},
    {"page_check: run, number", KVI_PAGE_OVERFLOW, NUMBER, "it is not the value"},
    {"page_check: run, flags", KVI_PAGE_OVERFLOW, FLAGS, "it is not the value"},
    {"page_check: run, count", KVI_PAGE_OVERFLOW, RUN_COUNT, "it is not the value"},
    {"page_check: run, longer", KVI_PAGE_OVERFLOW, RUN_LONGER, "two uses"},
};

static void offset_set(uint8_t *page, unsigned node, unsigned at)
{
    kvi_le16_store(page + KVI_PAGE_HEADER + 2 * (size_t)node, (uint16_t)at);
}

static void child_set(uint8_t *node, uint64_t child)
{
    for (int i = 0; i < 6; i++)
        node[i] = (uint8_t)(child >> 8 * i);
}

static void node_spoil(const struct file *file, enum damage damage, uint64_t number, uint8_t *page)
{
    unsigned at[3] = {kvi_page_node_at(page, 1), kvi_page_node_at(page, 2),
                      kvi_page_node_at(page, 3)};
    uint8_t *one = page + at[0], *two = page + at[1];

    switch (damage) {
    case NODE_OUTSIDE:
        offset_set(page, 1, (unsigned)file->page_size - 4);
        break;
    case NODE_ODD:
        offset_set(page, 1, at[0] + 1);
        break;
    case NODES_SHARED:
        offset_set(page, 1, at[1]);
        break;
    case NODE_GAP:
        kvi_le16_store(page + 14, (uint16_t)(kvi_le16_load(page + 14) - 2));
        break;
    case KEY_LONG:
        kvi_le16_store(one + 6, 600);
        break;
    case KEY_EMPTY:
        kvi_le16_store(one + 6, 0);
        break;
    case KEYS_SWAPPED:
        offset_set(page, 1, at[1]);
        offset_set(page, 2, at[0]);
        break;
    case KEY_TWICE:
        assert_int_equal(kvi_node_key_size(one), kvi_node_key_size(two));
        memcpy(two + KVI_NODE_HEADER, one + KVI_NODE_HEADER, kvi_node_key_size(one));
        break;
    case DATA_LONG:
        kvi_le16_store(one, 0xFFF0);
        break;
    case NODE_FLAGS:
        one[4] |= 4;
        break;
    case CHILD_SWAPPED: {
        uint64_t child = kvi_node_child(one);
        child_set(one, kvi_node_child(two));
        child_set(two, child);
        break;
    }
    case CHILD_OUTSIDE:
        child_set(one, file->pages);
        break;
    case CHILD_TWICE:
        child_set(two, kvi_node_child(one));
        break;
    case CHILD_ITSELF:
        child_set(one, number);
        break;
    default:
        fail();
    }
}

static void page_spoil(const struct file *file, enum damage damage, uint64_t number, uint8_t *page)
{
    switch (damage) {
    case NUMBER:
        page[0] ^= 1;
        break;
    case FLAGS:
        page[10] ^= 0x10;
        break;
    case LOWER_BELOW:
        kvi_le16_store(page + 12, 4);
        break;
    case LOWER_ODD:
        page[12] ^= 1;
        break;
    case LOWER_ABOVE:
        kvi_le16_store(page + 12, (uint16_t)(kvi_le16_load(page + 14) + 2));
        break;
    case UPPER_ABOVE:
        kvi_le16_store(page + 14, (uint16_t)(file->page_size + 2));
        break;
    case NO_NODES:
        kvi_le16_store(page + 12, KVI_PAGE_HEADER);
        break;
    case RUN_COUNT:
        page[12] = 0;
        break;
    case RUN_LONGER:
        kvi_le32_store(page + 12, (uint32_t)(file->pages - number));
        break;
    case ZEROED:
        memset(page, 0, (size_t)file->page_size);
        break;
    default:
        node_spoil(file, damage, number, page);
    }
}

static void test_damage(void **state)
{
    struct file *file = *state;
    const struct damage_row *row = file->fixture->row;
    uint8_t *page = malloc((size_t)file->page_size);
    uint64_t number;

    assert_non_null(page);
    number = page_find(file, row->flags, 4, page);
    page_get(file, number, page);
    page_spoil(file, row->damage, number, page);
    page_set(file, number, page);
    assert_status(file_check(file), KV_CORRUPT);
    if (strstr(file->first.text, row->text) == NULL)
        fail_msg("found \"%s\" instead of \"%s\"", file->first.text, row->text);
    free(page);
}

/* ---- Damage that no page shows by itself */

/* Two leaves of one table in each other's place, numbers mended: as if writes had gone astray. */
static void test_leaves_exchanged(void **state)
{
    struct file *file = *state;
    static uint8_t branch[PAGE_MAX], a[PAGE_MAX], b[PAGE_MAX];
    uint64_t number, one, two;

    number = page_find(file, KVI_PAGE_BRANCH, 4, branch);
    page_get(file, number, branch);
    one = kvi_node_child(branch + kvi_page_node_at(branch, 1));
    two = kvi_node_child(branch + kvi_page_node_at(branch, 2));
    page_get(file, one, a);
    page_get(file, two, b);
    kvi_le64_store(a, two);
    kvi_le64_store(b, one);
    page_set(file, one, b);
    page_set(file, two, a);
    assert_status(file_check(file), KV_CORRUPT);
    assert_non_null(strstr(file->first.text, "rise"));
}

static void meta_flip(struct file *file, off_t at)
{
    kvi_preflight_facts facts;
    uint8_t byte;

    assert_status(kvi_preflight_metas(file->fd, &facts), KV_OK);
    at += (off_t)((facts.transaction & 1) * file->page_size);
    assert_int_equal(pread(file->fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file->fd, &byte, 1, at), 1);
}

struct meta_row {
    const char *name;
    off_t at;
    const char *text;
};

static const struct meta_row metas[] = {
    {"page_check: meta, branches of the free list", KVI_META_FREE_TREE + 8, "branch pages"},
    {"page_check: meta, rows of the free list", KVI_META_FREE_TREE + 32, "rows"},
    {"page_check: meta, leaves of the main tree", KVI_META_MAIN_TREE + 16, "leaf pages"},
    {"page_check: meta, overflow pages of the main tree", KVI_META_MAIN_TREE + 24,
     "overflow pages"},
    {"page_check: meta, depth of the main tree", KVI_META_MAIN_TREE + 6, "descriptor"},
};

static void test_meta(void **state)
{
    struct file *file = *state;
    const struct meta_row *row = file->fixture->row;

    meta_flip(file, row->at);
    assert_status(file_check(file), KV_CORRUPT);
    if (strstr(file->first.text, row->text) == NULL)
        fail_msg("found \"%s\" instead of \"%s\"", file->first.text, row->text);
}

static void test_truncated(void **state)
{
    struct file *file = *state;

    assert_int_equal(ftruncate(file->fd, (off_t)(file->pages / 2 * file->page_size)), 0);
    assert_status(file_check(file), KV_CORRUPT);
    assert_in_range(file->faults, 1, UINT32_MAX);
}

static void test_stops(void **state)
{
    struct file *file = *state;
    uint8_t *page = calloc(1, (size_t)file->page_size);

    assert_non_null(page);
    for (uint64_t i = KVI_PAGE_FIRST; i < file->pages; i += 3)
        page_set(file, i, page);
    assert_status(file_check(file), KV_CORRUPT);
    assert_in_range(file->faults, 2, UINT32_MAX);
    file->stop_at = 2;
    assert_status(file_check(file), KV_CANCELLED);
    assert_int_equal(file->faults, 2);
    free(page);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("page_check: new store", test_new),
        STORE_TEST("page_check: shorter value in a run", test_run_kept),
        TEST_WITHIN("page_check: sound", test_sound, file_setup, file_teardown),
        TEST_WITHIN("page_check: snapshot", test_snapshot, file_setup, file_teardown),
        TEST_WITHIN("page_check: progress", test_progress, file_setup, file_teardown),
        TEST_WITHIN("page_check: leaves exchanged", test_leaves_exchanged, file_setup,
                    file_teardown),
        TEST_WITHIN("page_check: truncated", test_truncated, file_setup, file_teardown),
        TEST_WITHIN("page_check: stops", test_stops, file_setup, file_teardown),
    };

    run_tests(tests);
    run_rows(damages, test_damage, file_setup, file_teardown);
    run_rows(metas, test_meta, file_setup, file_teardown);
    return run_all("storage: page_check");
}
