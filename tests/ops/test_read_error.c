/* The words for a failed read: each check has some, keys are escaped and cut, and what is an answer
 * is not noted. */
#include "support/fixture.h"

#include "base/slice.h"
#include "ops/read_error.h"
#include "support/memory.h"
#include "tables/catalog.h"

#include <string.h>

static char long_key[KV_KEY_SIZE_MAX];

static const struct row {
    const char *name;
    kv_status status;
    unsigned table;
    kv_ns ns;
    kv_slice key;
    kvi_fault fault;
    const char *says; /* NULL: nothing was noted. */
} rows[] = {
    {"read error: all of it",
     KV_CORRUPT,
     KVI_VALUES,
     7,
     {"key", 3},
     {KVI_FAULT_PIECE_MISSING, 12},
     "values, namespace 7, key \"key\": piece 12: it is missing"},
    {"read error: of a table",
     KV_CORRUPT,
     KVI_META,
     0,
     {NULL, 0},
     {KVI_FAULT_ROW, 0},
     "meta: the row does not verify"},
    {"read error: LMDB's own",
     KV_CORRUPT,
     KVI_EXPIRY,
     0,
     {NULL, 0},
     {KVI_FAULT_NONE, 0},
     "expiry: LMDB reports damage"},
    {"read error: no memory",
     KV_NO_MEMORY,
     KVI_VALUES,
     3,
     {"k", 1},
     {KVI_FAULT_FRAME, 0},
     "values, namespace 3, key \"k\": out of memory"},
    {"read error: the system's",
     KV_IO,
     KVI_CHANGES,
     0,
     {NULL, 0},
     {KVI_FAULT_BLOCK, 9},
     "changes: the system reported an error"},
    {"read error: a dictionary",
     KV_UNSUPPORTED,
     KVI_VALUES,
     1,
     {"k", 1},
     {KVI_FAULT_DICTIONARY, 0},
     "values, namespace 1, key \"k\": the value needs a zstd dictionary, which this version lacks"},
    {"read error: what a newer version wrote",
     KV_UNSUPPORTED,
     KVI_CHANGES,
     0,
     {NULL, 0},
     {KVI_FAULT_BLOCK, 5},
     "changes: this version of libkv does not support that"},
    {"read error: a key with quotes and bytes",
     KV_CORRUPT,
     KVI_VALUES,
     1,
     {"a\"\\\xC3\xA9~\x7F", 7},
     {KVI_FAULT_FRAME, 0},
     "values, namespace 1, key \"a\\x22\\x5C\\xC3\\xA9~\\x7F\": the zstd frame does not "
     "decompress"},
    {"read error: a key that just fits",
     KV_CORRUPT,
     KVI_VALUES,
     1,
     {long_key, 96},
     {KVI_FAULT_FRAME, 0},
     "values, namespace 1, key "
     "\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkk\": the zstd frame does not decompress"},
    {"read error: a longer key",
     KV_CORRUPT,
     KVI_VALUES,
     UINT32_MAX,
     {long_key, 512},
     {KVI_FAULT_PIECE_EXTRA, UINT32_MAX},
     "values, namespace 4294967295, key "
     "\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\"... of 512 bytes: piece 4294967295: it is one more "
     "than "
     "the record has"},
    {"read error: not found", KV_NOT_FOUND, KVI_VALUES, 1, {"k", 1}, {KVI_FAULT_NONE, 0}, NULL},
    {"read error: none", KV_OK, KVI_VALUES, 1, {"k", 1}, {KVI_FAULT_NONE, 0}, NULL},
    {"read error: no namespace",
     KV_NAMESPACE_NOT_FOUND,
     KVI_VALUES,
     1,
     {NULL, 0},
     {KVI_FAULT_NONE, 0},
     NULL},
    {"read error: no buffer",
     KV_BUFFER_TOO_SMALL,
     KVI_VALUES,
     1,
     {"k", 1},
     {KVI_FAULT_NONE, 0},
     NULL},
};

static void test_words(void **state)
{
    const struct row *row = *state;
    kvi_read_error noted = {.status = KV_OK};
    kv_error error = KV_ERROR_INIT;

    memset(long_key, 'k', sizeof(long_key));
    assert_status(
        kvi_read_error_note(&noted, row->status, row->table, row->ns, row->key, row->fault),
        row->status);
    assert_status(kvi_read_error_tell(&noted, &error), row->says != NULL ? KV_OK : KV_NOT_FOUND);
    assert_string_equal(error.message, row->says != NULL ? row->says : "");
    assert_status(error.status, row->says != NULL ? row->status : KV_OK);
}

/* Of the longest place. */
static void test_each_fits(void **state)
{
    kvi_read_error noted = {.status = KV_OK};
    kv_error error = KV_ERROR_INIT;
    const char *text;

    (void)state;
    memset(long_key, 'k', sizeof(long_key));
    for (int kind = 0; kind < KVI_FAULT_KINDS; kind++) {
        (void)kvi_read_error_note(&noted, KV_CORRUPT, KVI_NAMESPACES, UINT32_MAX,
                                  kvi_slice(long_key, sizeof(long_key)),
                                  (kvi_fault){(kvi_fault_kind)kind, UINT32_MAX});
        assert_status(kvi_read_error_tell(&noted, &error), KV_OK);
        text = kvi_fault_find((kvi_fault_kind)kind)->text;
        assert_non_null(text);
        assert_true(strlen(error.message) > strlen(text));
        assert_string_equal(error.message + strlen(error.message) - strlen(text), text);
    }
    assert_ptr_equal(kvi_fault_find(KVI_FAULT_KINDS), kvi_fault_find(KVI_FAULT_NONE));
}

/* A failure that is no damage is noted too, and the next one takes its place. */
static void test_memory(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kv_snapshot *snapshot;
    kv_list *list;

    skip_without_memory_faults();
    snapshot = fixture_snapshot(fixture);
    memory_fail_after(0);
    assert_status(kv_list_begin(snapshot, fixture->ns, NULL, &list), KV_NO_MEMORY);
    memory_fail_after(-1);
    assert_status(kv_snapshot_error(snapshot, &error), KV_OK);
    assert_status(error.status, KV_NO_MEMORY);
    assert_string_equal(error.message, "values, namespace 1: out of memory");
    kv_snapshot_end(snapshot);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("read error: every check has words that fit", test_each_fits),
        STORE_TEST("read error: memory ran out", test_memory),
    };

    run_rows(rows, test_words, NULL, NULL);
    run_tests(tests);
    return run_all("read error");
}
