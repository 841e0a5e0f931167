/* A store at its cap, through histories: fills, deletes, overwrites, deadlines, snapshots that are
 * held and let go, reopenings, in any order. Whatever came before, deletes work as soon as no
 * snapshot is held, room that was given back is of use again, and a batch that fits is not refused.
 */
#include "support/fixture.h"

#include "ops/db.h"
#include "ops/room.h"
#include "storage/free_pages.h"
#include "support/free_pages.h"
#include "support/inside.h"
#include "support/random.h"
#include "tables/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 1000000
#define BATCH_MAX 2000
#define VALUE_MAX 70000
#define BATCH_ROW_SIZE 100 /* Of a row without its value, at most. */

/* What a history knows of its store. */
struct history {
    struct fixture *fixture;
    struct rng rng;
    bool is_there[KEYS_MAX]; /* As acknowledged; an expired one may be there or not. */
    size_t keys;             /* Numbers of keys in use: below KEYS_MAX. */
    size_t value_max;
    bool is_exact; /* All values of value_max bytes, and none expires. */
    kv_snapshot *held;
    unsigned settled; /* Commits since the last snapshot was let go. */
    uint64_t refused, written, promised;
};

static uint8_t noise[VALUE_MAX];

static const char *key_of(size_t number)
{
    static char keys[BATCH_MAX][24];
    static size_t next;
    char *key = keys[next++ % BATCH_MAX];

    (void)snprintf(key, sizeof(keys[0]), "key-%010zu", number * 2654435761u % 1000000007);
    return key;
}

static uint64_t pages_of_file(struct history *h, uint64_t *cap_out)
{
    kvi_env_facts facts;

    assert_status(kvi_env_facts_get(h->fixture->db->env, &facts), KV_OK);
    *cap_out = facts.map_size / facts.page_size;
    return facts.pages_used;
}

/* Pages that hold something, or that a snapshot may still see. */
static uint64_t pages_taken(struct history *h, uint64_t *cap_out)
{
    uint64_t used = pages_of_file(h, cap_out), free_pages;

    assert_status(kvi_free_pages_count(h->fixture->db->env, NULL, &free_pages), KV_OK);
    return used - free_pages;
}

static void note(struct history *h, const kv_op *ops, const size_t *numbers,
                 const kv_verdict *verdicts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (verdicts[i].status == KV_OK) {
            h->is_there[numbers[i]] = ops[i].kind == KV_PUT;
            h->written++;
        } else {
            h->refused++;
            assert_status(verdicts[i].status, KV_STORE_FULL);
        }
    }
    h->settled += h->held == NULL;
}

/* A batch of puts of any sizes. How many were refused. */
static size_t put_some(struct history *h, size_t count, size_t bytes_max)
{
    static kv_op ops[BATCH_MAX];
    static kv_verdict verdicts[BATCH_MAX];
    static size_t numbers[BATCH_MAX];
    size_t bytes = 0, n = 0, refused;
    kv_report report = KV_REPORT_INIT;
    unsigned ttl = (unsigned)rng_below(&h->rng, 4);

    while (n < count && n < BATCH_MAX && bytes < bytes_max) {
        size_t size = rng_below(&h->rng, rng_percent(&h->rng, 50) ? 300 : h->value_max + 1);

        if (h->is_exact)
            size = h->value_max;
        numbers[n] = rng_below(&h->rng, h->keys);
        ops[n] = op_put(key_of(numbers[n]), "");
        ops[n].value = noise;
        ops[n].value_size = size;
        if (ttl == 0 && !h->is_exact) {
            ops[n].flags = KV_OP_TTL;
            ops[n].ttl_s = (int64_t)rng_between(&h->rng, 1, 1000000);
        }
        bytes += size + ops[n].key_size;
        n++;
    }
    refused = h->refused;
    assert_status(kv_batch(h->fixture->db, h->fixture->ns, ops, n, NULL, verdicts, &report), KV_OK);
    note(h, ops, numbers, verdicts, n);
    return h->refused - refused;
}

static size_t live_count(const struct history *h)
{
    size_t count = 0;

    for (size_t i = 0; i < h->keys; i++)
        count += h->is_there[i];
    return count;
}

static void sweep(struct history *h)
{
    kv_status status = kv_sweep(h->fixture->db, NULL);

    assert_true(status == KV_OK || (h->held != NULL && status == KV_STORE_FULL));
}

static void let_go(struct history *h)
{
    kv_snapshot_end(h->held);
    h->held = NULL;
    h->settled = 0;
}

/* What kv.h promises: with less than three quarters of the cap taken and no snapshot held, a batch
   of at most a row for each 128 pages of the cap and a 64th of it in bytes finds room. */
static void put_modestly(struct history *h)
{
    uint64_t cap, taken = pages_taken(h, &cap);
    bool is_promised = h->held == NULL && taken * 4 < cap * 3;
    uint64_t bytes = cap * 64 < KV_BATCH_SIZE_DEFAULT ? cap * 64 : KV_BATCH_SIZE_DEFAULT;
    size_t refused =
        put_some(h, rng_between(&h->rng, 1, cap / 128), bytes - h->value_max - BATCH_ROW_SIZE);

    if (is_promised)
        assert_int_equal(refused, 0);
    h->promised += is_promised;
}

/* One delete of a key that is there, if there is one. */
static void delete_one(struct history *h)
{
    size_t start = rng_below(&h->rng, h->keys);

    for (size_t i = 0; i < h->keys; i++) {
        size_t number = (start + i) % h->keys;
        const char *key = key_of(number);
        kv_status status;

        if (!h->is_there[number])
            continue;
        status = kv_delete(h->fixture->db, h->fixture->ns, key, strlen(key), NULL);
        if (h->held == NULL) /* Nothing keeps what was freed from being used. */
            assert_status(status, KV_OK);
        else
            assert_true(status == KV_OK || status == KV_STORE_FULL);
        h->is_there[number] = status != KV_OK;
        h->settled += h->held == NULL;
        return;
    }
}

/* A batch of deletes is done or refused as a whole. */
static bool delete_some(struct history *h, size_t count)
{
    static kv_op ops[BATCH_MAX];
    static kv_verdict verdicts[BATCH_MAX];
    static size_t numbers[BATCH_MAX];
    size_t start = rng_below(&h->rng, h->keys), n = 0;
    kv_report report = KV_REPORT_INIT;
    kv_status status;

    for (size_t i = 0; i < h->keys && n < count; i++) {
        size_t number = (start + i) % h->keys;
        if (!h->is_there[number])
            continue;
        numbers[n] = number;
        ops[n++] = op_delete(key_of(number));
    }
    if (n == 0)
        return true;
    status = kv_batch(h->fixture->db, h->fixture->ns, ops, n, NULL, verdicts, &report);
    if (status != KV_OK) {
        assert_status(status, KV_STORE_FULL);
        assert_int_equal(report.written, 0);
        assert_true(h->held != NULL || n > 1);
        return false;
    }
    assert_int_equal(report.failed, 0);
    note(h, ops, numbers, verdicts, n);
    return true;
}

static void reopen(struct history *h)
{
    let_go(h);
    fixture_close(h->fixture);
    fixture_open(h->fixture);
}

/* Everything goes, in batches as large as the store takes. */
static void empty(struct history *h)
{
    size_t count = BATCH_MAX;

    let_go(h);
    for (;;) {
        if (!delete_some(h, count)) {
            assert_true(count > 1);
            count /= 2;
            continue;
        }
        free_pages_check(h->fixture->db->env);
        if (fixture_describe(h->fixture, h->fixture->ns).key_count == 0)
            break;
        sweep(h);
        for (size_t i = 0; i < h->keys; i++) /* What expired may be there still. */
            if (h->is_there[i])
                goto more;
        break;
    more:
        continue;
    }
}

static void delete_many_singly(struct history *h, size_t count)
{
    while (count-- > 0)
        delete_one(h);
}

/* Large batches until one is refused in part, then single puts until one is refused. */
static void fill(struct history *h)
{
    while (put_some(h, BATCH_MAX, 1 << 20) == 0)
        continue;
    while (put_some(h, 1, 1) == 0)
        continue;
}

/* Deletes until less than that part of the cap is taken. */
static void thin_out(struct history *h, unsigned percent)
{
    uint64_t cap;

    let_go(h);
    sweep(h);
    while (pages_taken(h, &cap) * 100 > cap * percent && live_count(h) > 0)
        if (!delete_some(h, rng_between(&h->rng, 1, BATCH_MAX)))
            delete_many_singly(h, 20);
}

static void step(struct history *h)
{
    switch (rng_below(&h->rng, 20)) {
    case 18:
    case 19:
        thin_out(h, (unsigned)rng_between(&h->rng, 30, 80));
        break;
    case 14:
    case 15:
    case 16:
    case 17:
        for (size_t i = rng_below(&h->rng, 50); i > 0; i--)
            put_modestly(h);
        break;
    case 12:
        fill(h);
        break;
    case 13:
        if (h->held == NULL)
            h->held = fixture_snapshot(h->fixture);
        delete_many_singly(h, 1000);
        break;
    case 0:
        if (h->held == NULL)
            h->held = fixture_snapshot(h->fixture);
        break;
    case 1:
    case 2:
        let_go(h);
        break;
    case 3:
        reopen(h);
        break;
    case 4:
        (void)delete_some(h, rng_between(&h->rng, 1, BATCH_MAX));
        break;
    case 5:
    case 6:
        delete_many_singly(h, rng_below(&h->rng, 200));
        break;
    case 7:
        fixture_advance(h->fixture, (int64_t)rng_below(&h->rng, 100000));
        sweep(h);
        break;
    default:
        for (size_t i = rng_below(&h->rng, 20); i > 0; i--)
            (void)put_some(h, rng_between(&h->rng, 1, BATCH_MAX), 1 << 20);
        break;
    }
    free_pages_check(h->fixture->db->env);
}

static const struct row {
    const char *name;
    uint64_t seed, map_size;
    size_t value_max;
    int steps;
} rows[] = {
    {"histories: 8 MiB, small values", 1, UINT64_C(8) << 20, 300, 100},
    {"histories: 8 MiB, values of a page", 2, UINT64_C(8) << 20, 5000, 100},
    {"histories: 8 MiB, values of many pages", 3, UINT64_C(8) << 20, VALUE_MAX, 100},
    {"histories: 16 MiB", 4, UINT64_C(16) << 20, 3000, 100},
    {"histories: 24 MiB, values of many pages", 5, UINT64_C(24) << 20, VALUE_MAX, 100},
    {"histories: 64 MiB", 6, UINT64_C(64) << 20, 3000, 20},
    {"histories: 64 MiB, small values", 7, UINT64_C(64) << 20, 400, 10},
    {"histories: 256 MiB", 8, UINT64_C(256) << 20, 12000, 3},
    {"histories: 1 GiB", 9, UINT64_C(1) << 30, 60000, 1},
};

static struct history *begin(struct fixture *fixture, uint64_t seed, uint64_t map_size,
                             size_t value_max)
{
    struct history *h = calloc(1, sizeof(*h));
    kv_settings settings = KV_SETTINGS_INIT;

    assert_non_null(h);
    h->fixture = fixture;
    h->rng.state = seed;
    h->value_max = value_max;
    h->keys = map_size / (value_max / 4 + 200);
    if (h->keys > KEYS_MAX)
        h->keys = KEYS_MAX;
    rng_fill(&h->rng, noise, sizeof(noise));
    settings.map_size_max = map_size;
    settings.changes_bytes_max = 200000;
    settings.namespace_capacity_default = KV_CAPACITY_UNLIMITED;
    fixture_create(fixture, &settings);
    return h;
}

/* How many batches of a kind go in before one is refused in part. */
static uint64_t refill(struct history *h)
{
    uint64_t before = h->written;

    for (int i = 0; i < 2000 && put_some(h, BATCH_MAX / 20, 1 << 16) == 0; i++)
        continue;
    return h->written - before;
}

static void test_history(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    struct history *h = begin(fixture, row->seed, row->map_size, row->value_max);

    fill(h);
    thin_out(h, 60);
    for (int i = 0; i < 30; i++)
        put_modestly(h);
    for (int i = 0; i < row->steps; i++)
        step(h);
    assert_true(h->refused > 0);
    assert_true(h->promised > 5);
    let_go(h);
    delete_many_singly(h, 50);
    empty(h);
    assert_true(refill(h) > 0);
    inside_recount(fixture);
    free(h);
}

/* Fill; delete under a snapshot, which keeps all that is freed, so that it comes from the end of
   the file; let it go; fill again. The end of the file never comes back. */
static const struct held_row {
    const char *name;
    uint64_t map_size;
    size_t value_size, deletes;
} held_rows[] = {
    {"held: 8 MiB, 100 bytes", UINT64_C(8) << 20, 100, 1000},
    {"held: 16 MiB, 200 bytes", UINT64_C(16) << 20, 200, 1000},
    {"held: 16 MiB, 3,000 bytes", UINT64_C(16) << 20, 3000, 1000},
    {"held: 64 MiB, 1,000 bytes", UINT64_C(64) << 20, 1000, 1000},
    {"held: 64 MiB, 1,000 bytes, more deletes", UINT64_C(64) << 20, 1000, 5000},
};

static void test_held(void **state)
{
    struct fixture *fixture = *state;
    const struct held_row *row = fixture->row;
    struct history *h = begin(fixture, 9, row->map_size, row->value_size);

    h->is_exact = true;
    h->keys = KEYS_MAX;
    fill(h);
    for (int round = 0; round < 3; round++) {
        h->held = fixture_snapshot(fixture);
        delete_many_singly(h, row->deletes);
        let_go(h);
        fill(h);
        if (round == 1)
            reopen(h);
        delete_many_singly(h, 2000);
        assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, live_count(h));
        fill(h);
    }
    sweep(h);
    empty(h);
    free(h);
}

int main(void)
{
    run_rows(held_rows, test_held, fixture_setup_empty, fixture_teardown);
    run_rows(rows, test_history, fixture_setup_empty, fixture_teardown);
    return run_all("room: histories");
}
