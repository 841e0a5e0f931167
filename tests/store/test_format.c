/* docs/format.md against the code: the rows of its worked example are those of a store that is made
 * the way it says, and what the codec encodes. The page itself is read: KV_FORMAT_DOC, else
 * docs/format.md from the root of the tree, where the tests run. */
#include "support/fixture.h"

#include "base/slice.h"
#include "codec/change_block.h"
#include "codec/checksum.h"
#include "codec/key.h"
#include "codec/record.h"
#include "storage/current.h"
#include "storage/path.h"
#include "storage/txn.h"
#include "tables/expiry.h"
#include "tables/catalog.h"
#include "tables/usage.h"
#include "tables/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOMENT 1767225600
#define TTL_S 3600
#define ROWS_MAX 32
#define BYTES_MAX 512

/* A row of the page, or a packed key: `key` then are the bytes after the plain ones. */
typedef struct doc_row {
    char name[96]; /* Of the test. */
    int table;     /* -1: a packed key. */
    size_t repeat; /* Its size... */
    char symbol;   /* ...and the one character it has. */
    uint8_t key[BYTES_MAX], row[BYTES_MAX];
    size_t key_size, row_size;
} doc_row;

static doc_row doc[ROWS_MAX];
static size_t doc_count;

/* ---- Reading the page */

static void doc_fail(const char *line, const char *why)
{
    fprintf(stderr, "docs/format.md: %s: %s\n", why, line);
    exit(1);
}

static int doc_table(const char *line, const char *name)
{
    for (int i = 0; i < KVI_TABLE_COUNT; i++)
        if (strcmp(name, kvi_catalog_names[i]) == 0)
            return i;
    doc_fail(line, "no such table");
    return -1;
}

/* A line that begins a row; false: it continues one. */
static bool doc_begin(const char *line)
{
    doc_row *row = &doc[doc_count];
    bool is_packed = strncmp(line, "packed ", 7) == 0;
    char table[16] = "", *symbol = NULL;

    if (!is_packed && sscanf(line, "table %15s", table) != 1)
        return false;
    if (doc_count == ROWS_MAX)
        doc_fail(line, "more rows than this test has room for");
    doc_count++;
    if (is_packed) { /* "packed SIZE CHARACTER" */
        *row = (doc_row){.table = -1, .repeat = strtoul(line + 7, &symbol, 10)};
        row->symbol = symbol[0] != '\0' ? symbol[1] : '\0';
        (void)snprintf(row->name, sizeof(row->name), "format: key of %zu times %c", row->repeat,
                       row->symbol);
    } else {
        *row = (doc_row){.table = doc_table(line, table)};
        (void)snprintf(row->name, sizeof(row->name), "format: row %zu, in %s", doc_count, table);
    }
    return true;
}

/* Hex digits of a line of the row at hand; *in_row says which half they belong to. */
static void doc_bytes(const char *line, bool *in_row)
{
    doc_row *row = &doc[doc_count - 1];
    const char *p = line;
    char *end;

    if (strncmp(line, "key ", 4) == 0 || strncmp(line, "row ", 4) == 0) {
        *in_row = line[0] == 'r';
        p += 4;
    }
    for (p += strspn(p, " \n"); *p != '\0' && *p != ';'; p += strspn(p, " \n")) {
        uint8_t *bytes = *in_row ? row->row : row->key;
        size_t *size = *in_row ? &row->row_size : &row->key_size;
        unsigned long byte = strtoul(p, &end, 16);
        if (end != p + 2)
            doc_fail(line, "this is no hex");
        if (*size == BYTES_MAX)
            doc_fail(line, "a row longer than this test has room for");
        bytes[(*size)++] = (uint8_t)byte;
        p = end;
    }
}

static void doc_read(void)
{
    const char *path = getenv("KV_FORMAT_DOC");
    FILE *page = fopen(path != NULL ? path : "docs/format.md", "r");
    bool in_hex = false, in_row = false;
    char line[256];

    if (page == NULL) {
        perror("test_format: docs/format.md");
        exit(1);
    }
    while (fgets(line, sizeof(line), page) != NULL) {
        if (strncmp(line, "```", 3) == 0)
            in_hex = strncmp(line, "```hex", 6) == 0;
        else if (in_hex && doc_begin(line))
            in_row = false;
        else if (in_hex && doc_count > 0)
            doc_bytes(line, &in_row);
    }
    (void)fclose(page);
}

/* ---- The store that the page describes, and its rows under the core's own tables */

typedef struct opened {
    struct fixture *fixture;
    kvi_env *env;
    kvi_txn *txn;
} opened;

/* Not cmocka's group state: that would take the place of each row's own. */
static opened made;

static int group_setup(void **unused)
{
    static char directory[KVI_PATH_MAX];
    kv_op op = op_put("hello", "world");
    kvi_env_options options = {.directory = directory,
                               .tables = kvi_catalog_names,
                               .table_count = KVI_TABLE_COUNT,
                               .map_size = KV_MAP_SIZE_DEFAULT,
                               .file_mode = 0600,
                               .is_read_only = true};
    kvi_current current;
    void *fixture;

    (void)unused;
    if (fixture_setup_empty(&fixture) != 0)
        return -1;
    made.fixture = fixture;
    made.fixture->clock.now = MOMENT;
    fixture_open(made.fixture);
    op.metadata = "en";
    op.metadata_size = 2;
    op.flags = KV_OP_TTL;
    op.ttl_s = TTL_S;
    if (kv_namespace_create(made.fixture->db, "Site", 4, &made.fixture->ns) != KV_OK ||
        kv_put(made.fixture->db, made.fixture->ns, &op, NULL) != KV_OK)
        return -1;
    fixture_close(made.fixture);
    if (kvi_current_read(made.fixture->path, &current, NULL) != KV_OK ||
        kvi_generation_path(made.fixture->path, current.generation, NULL, directory) != KV_OK ||
        kvi_env_open(&options, &made.env, NULL) != KV_OK ||
        kvi_txn_begin_read(made.env, &made.txn) != KV_OK)
        return -1;
    return 0;
}

static int group_teardown(void **unused)
{
    void *fixture = made.fixture;

    (void)unused;
    kvi_txn_abort(made.txn);
    kvi_env_close(made.env);
    return fixture_teardown(&fixture);
}

static void assert_bytes(kv_slice got, const uint8_t *want, size_t want_size)
{
    assert_int_equal(got.size, want_size);
    assert_memory_equal(got.data, want, want_size);
}

/* ---- Tests */

static void test_row(void **state_in)
{
    const doc_row *row = *state_in;
    uint8_t key[KV_KEY_SIZE_MAX], encoded[KVI_KEY_ENCODED_MAX], scratch[KV_KEY_SIZE_MAX];
    kv_slice got;
    size_t size;

    if (row->table >= 0) {
        assert_status(
            kvi_txn_get(made.txn, (unsigned)row->table, kvi_slice(row->key, row->key_size), &got),
            KV_OK);
        assert_bytes(got, row->row, row->row_size);
        return;
    }
    assert_true(row->repeat > KVI_KEY_PLAIN_SIZE && row->repeat <= sizeof(key));
    memset(key, row->symbol, row->repeat);
    size = kvi_key_encode(key, row->repeat, encoded);
    assert_bytes(kvi_slice(encoded + KVI_KEY_PLAIN_SIZE, size - KVI_KEY_PLAIN_SIZE), row->key,
                 row->key_size);
    assert_status(kvi_key_decode(encoded, size, scratch, &got), KV_OK);
    assert_bytes(got, key, row->repeat);
}

static bool doc_has(int table, kv_slice key)
{
    for (size_t i = 0; i < doc_count; i++)
        if (doc[i].table == table && kvi_slice_equal(key, kvi_slice(doc[i].key, doc[i].key_size)))
            return true;
    return false;
}

/* The rows that the page leaves out: they are random. */
static bool is_random(int table, kv_slice key)
{
    static const uint8_t tokens[] = {0, 0, 0, 0, 1};

    return (table == KVI_META && (kvi_slice_equal(key, kvi_slice("id", 2)) ||
                                  kvi_slice_equal(key, kvi_slice("epoch", 5)))) ||
           (table == KVI_USAGE && kvi_slice_equal(key, kvi_slice(tokens, sizeof(tokens))));
}

static void test_nothing_missing(void **unused)
{
    size_t random = 0;

    (void)unused;
    for (int table = 0; table < KVI_TABLE_COUNT; table++) {
        kv_slice key = {0}, row;
        kvi_cursor *cursor;
        kv_status status;
        assert_status(kvi_cursor_open(made.txn, (unsigned)table, &cursor), KV_OK);
        status = kvi_cursor_move(cursor, KVI_FIRST, &key, &row);
        while (status == KV_OK) {
            if (is_random(table, key))
                random++;
            else if (!doc_has(table, key))
                fail_msg("docs/format.md lacks a row of %s", kvi_catalog_names[table]);
            status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
        }
        kvi_cursor_close(cursor);
        assert_status(status, KV_NOT_FOUND);
    }
    assert_int_equal(random, 3);
}

static const doc_row *doc_find(int table)
{
    const doc_row *found = NULL;

    for (size_t i = 0; i < doc_count; i++)
        if (doc[i].table == table)
            found = &doc[i];
    assert_non_null(found);
    return found;
}

static void test_record(void **unused)
{
    const doc_row *row = doc_find(KVI_VALUES);
    kvi_record record = {.sequence = 2,
                         .updated = MOMENT,
                         .raw_size = 5,
                         .stored_size = 5,
                         .payload_checksum = kvi_checksum("world", 5),
                         .deadline = MOMENT + TTL_S,
                         .flags = KVI_RECORD_EXPIRES,
                         .metadata = kvi_slice("en", 2),
                         .payload = kvi_slice("world", 5)},
               decoded;
    uint8_t key[KVI_VALUES_KEY_MAX], out[BYTES_MAX];
    kv_slice values_key = kvi_values_key(1, "hello", 5, key);

    (void)unused;
    assert_bytes(values_key, row->key, row->key_size);
    kvi_record_encode(&record, kvi_slice("hello", 5), out);
    assert_bytes(kvi_slice(out, kvi_record_size(&record)), row->row, row->row_size);
    assert_status(kvi_values_decode(values_key, kvi_slice(row->row, row->row_size), &decoded),
                  KV_OK);
    assert_int_equal(decoded.deadline, MOMENT + TTL_S);
    assert_bytes(decoded.metadata, (const uint8_t *)"en", 2);
}

static void test_expiry(void **unused)
{
    const doc_row *row = doc_find(KVI_EXPIRY);
    kvi_expiry_position at = {MOMENT + TTL_S, 2};

    (void)unused;
    assert_status(kvi_expiry_check(made.txn, 1, at, kvi_slice(row->row, row->row_size)), KV_OK);
}

/* The change log's block: found in the row, and made anew from what it says. */
static void test_change_block(void **unused)
{
    kv_change changes[2] = {{.sequence = 1,
                             .ns = 1,
                             .kind = KV_CHANGE_NAMESPACE_CREATE,
                             .key = kvi_slice("Site", 4),
                             .size = KV_NAMESPACE_CAPACITY_DEFAULT,
                             .time = MOMENT,
                             .flags = KV_CHANGE_LAST},
                            {.sequence = 2,
                             .ns = 1,
                             .kind = KV_PUT,
                             .key = kvi_slice("hello", 5),
                             .size = 5,
                             .time = MOMENT,
                             .flags = KV_CHANGE_EXPIRES | KV_CHANGE_LAST,
                             .expires_at = MOMENT + TTL_S}};
    uint8_t bytes[BYTES_MAX];
    kvi_change_block block;
    kvi_usage_store store;

    (void)unused;
    assert_status(kvi_usage_store_get(made.txn, &store), KV_OK);
    kvi_change_block_init(&block, bytes, sizeof(bytes));
    for (int i = 0; i < 2; i++)
        assert_true(kvi_change_block_add(&block, &changes[i]));
    kvi_change_block_finish(&block);
    assert_bytes(store.open_block, bytes, block.size);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("format: the page has every row", test_nothing_missing),
        TEST("format: the record, encoded", test_record),
        TEST("format: the expiry row's position", test_expiry),
        TEST("format: the change block, encoded", test_change_block),
    };

    run_tests(tests);
    doc_read();
    for (size_t i = 0; i < doc_count; i++)
        run_row(doc[i].name, test_row, NULL, NULL, &doc[i]);
    return run_all_within("docs/format.md", group_setup, group_teardown);
}
