/* One handle, many threads: readers while writers commit, each batch seen whole or not at all;
 * opens, creations, statistics and snapshots that change hands. Threads note what they find; only
 * the main thread judges. */
#include "support/fixture.h"
#include "support/groups.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WRITERS 2
#define READERS 3
#define ROUNDS 150

struct shared {
    struct fixture *fixture;
    _Atomic int wrong, writers_left;
    _Atomic uint64_t reads;
};

struct worker {
    struct shared *shared;
    unsigned number;
    pthread_t thread;
};

static void worker_start(struct worker *worker, struct shared *shared, unsigned number,
                         void *(*run)(void *))
{
    worker->shared = shared;
    worker->number = number;
    assert_int_equal(pthread_create(&worker->thread, NULL, run, worker), 0);
}

static void worker_join(struct worker *worker)
{
    assert_int_equal(pthread_join(worker->thread, NULL), 0);
}

static void *write_groups(void *ctx)
{
    struct worker *worker = ctx;
    struct fixture *fixture = worker->shared->fixture;

    for (uint64_t n = 1; n <= ROUNDS; n++)
        if (!group_write(fixture->db, fixture->ns, worker->number, n))
            atomic_fetch_add(&worker->shared->wrong, 1);
    atomic_fetch_sub(&worker->shared->writers_left, 1);
    return NULL;
}

static void *read_groups(void *ctx)
{
    struct worker *worker = ctx;
    struct fixture *fixture = worker->shared->fixture;
    uint64_t last[WRITERS] = {0};
    kv_snapshot *snapshot = NULL;
    bool more = true;

    while (more) {
        more = atomic_load(&worker->shared->writers_left) > 0;
        if ((snapshot == NULL ? kv_snapshot_begin(fixture->db, &snapshot)
                              : kv_snapshot_renew(snapshot)) != KV_OK) {
            atomic_fetch_add(&worker->shared->wrong, 1);
            break;
        }
        for (unsigned group = 0; group < WRITERS; group++) {
            uint64_t number = group_read(snapshot, fixture->ns, group);

            if (number == GROUP_TORN || number < last[group])
                atomic_fetch_add(&worker->shared->wrong, 1);
            last[group] = number;
        }
        atomic_fetch_add(&worker->shared->reads, 1);
        if (worker->number % 2 == 0) {
            kv_snapshot_end(snapshot);
            snapshot = NULL;
        }
    }
    kv_snapshot_end(snapshot);
    for (unsigned group = 0; group < WRITERS; group++)
        if (last[group] != ROUNDS)
            atomic_fetch_add(&worker->shared->wrong, 1);
    return NULL;
}

static void test_readers_and_writers(void **state)
{
    struct shared shared = {.fixture = *state};
    struct worker writers[WRITERS], readers[READERS];

    atomic_init(&shared.writers_left, WRITERS);
    for (unsigned i = 0; i < READERS; i++)
        worker_start(&readers[i], &shared, i, read_groups);
    for (unsigned i = 0; i < WRITERS; i++)
        worker_start(&writers[i], &shared, i, write_groups);
    for (unsigned i = 0; i < WRITERS; i++)
        worker_join(&writers[i]);
    for (unsigned i = 0; i < READERS; i++)
        worker_join(&readers[i]);
    assert_int_equal(atomic_load(&shared.wrong), 0);
    assert_true(atomic_load(&shared.reads) >= READERS);
}

/* ---- A counter that all raise by conditions: no step is lost. */

static void *raise_counter(void *ctx)
{
    struct worker *worker = ctx;
    struct fixture *fixture = worker->shared->fixture;
    uint64_t number = 0, version = 0;

    for (int done = 0; done < 50;) {
        kv_op op = op_put("counter", "");
        kv_snapshot *snapshot;
        kv_verdict verdict;
        kv_buf buf = {NULL, 0, 0};
        kv_entry entry;
        kv_status status;

        if (kv_snapshot_begin(fixture->db, &snapshot) != KV_OK)
            break;
        status = kv_get_entry(snapshot, fixture->ns, "counter", 7, 0, &buf, &entry);
        number = 0;
        version = 0;
        if (status == KV_OK) {
            memcpy(&number, entry.value.data, sizeof(number));
            version = entry.version;
        }
        kv_snapshot_end(snapshot);
        kv_buf_free(&buf);
        number++;
        op.value = &number;
        op.value_size = sizeof(number);
        op.flags = KV_OP_IF_VERSION;
        op.if_version = version;
        status = kv_put(fixture->db, fixture->ns, &op, &verdict);
        if (status == KV_OK)
            done++;
        else if (status != KV_VERSION_MISMATCH)
            atomic_fetch_add(&worker->shared->wrong, 1);
    }
    return NULL;
}

static void test_counter(void **state)
{
    struct shared shared = {.fixture = *state};
    struct worker workers[4];
    uint64_t number = 0;
    size_t size;
    kv_snapshot *snapshot;

    for (unsigned i = 0; i < 4; i++)
        worker_start(&workers[i], &shared, i, raise_counter);
    for (unsigned i = 0; i < 4; i++)
        worker_join(&workers[i]);
    assert_int_equal(atomic_load(&shared.wrong), 0);
    snapshot = fixture_snapshot(shared.fixture);
    assert_status(
        kv_get_into(snapshot, shared.fixture->ns, "counter", 7, &number, sizeof(number), &size),
        KV_OK);
    assert_int_equal(number, 200);
    kv_snapshot_end(snapshot);
}

/* ---- A counter that all add to */

#define ADDERS 8
#define ADDS 100

static _Atomic int sums_seen[ADDERS * ADDS + 1];

/* Some alone, some in a batch with others; each sum is told to one thread alone. */
static void *add_to_counter(void *ctx)
{
    struct worker *worker = ctx;
    struct fixture *fixture = worker->shared->fixture;
    kv_op ops[3] = {op_add("sum", 1), op_add("beside", -1), op_add("sum", 1)};
    size_t count = worker->number % 2 == 0 ? 1 : 3;

    for (int done = 0; done < ADDS; done += count == 1 ? 1 : 2) {
        kv_verdict verdicts[3];

        if (kv_batch(fixture->db, fixture->ns, ops, count, NULL, verdicts, NULL) != KV_OK)
            atomic_fetch_add(&worker->shared->wrong, 1);
        for (size_t i = 0; i < count; i += 2) {
            if (verdicts[i].status == KV_OK && verdicts[i].number >= 1 &&
                verdicts[i].number <= ADDERS * ADDS)
                atomic_fetch_add(&sums_seen[verdicts[i].number], 1);
        }
    }
    return NULL;
}

static void test_adds(void **state)
{
    struct shared shared = {.fixture = *state};
    struct worker workers[ADDERS];

    for (size_t i = 0; i < COUNT(sums_seen); i++)
        atomic_store(&sums_seen[i], 0);
    for (unsigned i = 0; i < ADDERS; i++)
        worker_start(&workers[i], &shared, i, add_to_counter);
    for (unsigned i = 0; i < ADDERS; i++)
        worker_join(&workers[i]);
    assert_int_equal(atomic_load(&shared.wrong), 0);
    for (size_t i = 1; i < COUNT(sums_seen); i++)
        assert_int_equal(atomic_load(&sums_seen[i]), 1);
    fixture_expect(shared.fixture, "sum", "800");
    fixture_expect(shared.fixture, "beside", "-200");
}

/* ---- Amounts that move between two namespaces: their sum never shows half a move. */

#define MOVES 200

struct bank {
    struct shared shared; /* First: workers know it by this. */
    kv_ns ns[2];
};

static void *move_amounts(void *ctx)
{
    struct worker *worker = ctx;
    struct bank *bank = (struct bank *)worker->shared;

    for (int64_t i = 1; i <= MOVES; i++)
        if (!amount_move(bank->shared.fixture->db, bank->ns, worker->number % 2 == 0 ? i : -i))
            atomic_fetch_add(&bank->shared.wrong, 1);
    atomic_fetch_sub(&bank->shared.writers_left, 1);
    return NULL;
}

static void *read_amounts(void *ctx)
{
    struct worker *worker = ctx;
    struct bank *bank = (struct bank *)worker->shared;
    bool more = true;

    while (more) {
        kv_snapshot *snapshot = NULL;

        more = atomic_load(&bank->shared.writers_left) > 0;
        if (kv_snapshot_begin(bank->shared.fixture->db, &snapshot) != KV_OK ||
            !amounts_agree(snapshot, bank->ns))
            atomic_fetch_add(&bank->shared.wrong, 1);
        kv_snapshot_end(snapshot);
        atomic_fetch_add(&bank->shared.reads, 1);
    }
    return NULL;
}

static void test_moves(void **state)
{
    struct bank bank = {.shared = {.fixture = *state}};
    struct worker writers[4], readers[READERS];

    bank.ns[0] = bank.shared.fixture->ns;
    assert_status(kv_namespace_create(bank.shared.fixture->db, "there", 5, &bank.ns[1]), KV_OK);
    atomic_init(&bank.shared.writers_left, COUNT(writers));
    for (unsigned i = 0; i < READERS; i++)
        worker_start(&readers[i], &bank.shared, i, read_amounts);
    for (unsigned i = 0; i < COUNT(writers); i++)
        worker_start(&writers[i], &bank.shared, i, move_amounts);
    for (unsigned i = 0; i < COUNT(writers); i++)
        worker_join(&writers[i]);
    for (unsigned i = 0; i < READERS; i++)
        worker_join(&readers[i]);
    assert_int_equal(atomic_load(&bank.shared.wrong), 0);
    assert_true(atomic_load(&bank.shared.reads) >= READERS);
    fixture_expect(bank.shared.fixture, "amount", "0");
}

/* ---- Opening and closing at once */

static void *open_and_close(void *ctx)
{
    struct worker *worker = ctx;
    struct fixture *fixture = worker->shared->fixture;

    for (int i = 0; i < 30; i++) {
        kv_db *db = NULL;
        kv_op op = op_put("key", "value");

        if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
            kv_put(db, fixture->ns, &op, NULL) != KV_OK)
            atomic_fetch_add(&worker->shared->wrong, 1);
        kv_close(db);
    }
    return NULL;
}

static void test_open_and_close(void **state)
{
    struct shared shared = {.fixture = *state};
    struct worker workers[4];

    fixture_close(shared.fixture);
    for (unsigned i = 0; i < 4; i++)
        worker_start(&workers[i], &shared, i, open_and_close);
    for (unsigned i = 0; i < 4; i++)
        worker_join(&workers[i]);
    assert_int_equal(atomic_load(&shared.wrong), 0);
    fixture_open(shared.fixture);
    fixture_expect(shared.fixture, "key", "value");
}

/* ---- Everything else at once: looks that must not race with writes */

static void *look_around(void *ctx)
{
    struct worker *worker = ctx;
    struct fixture *fixture = worker->shared->fixture;
    uint64_t last = 0;
    bool more = true;

    while (more) {
        kv_stats stats = KV_STATS_INIT;
        uint64_t sequence = kv_sequence(fixture->db);

        more = atomic_load(&worker->shared->writers_left) > 0;
        if (sequence < last || kv_health(fixture->db) != KV_OK ||
            kv_stats_get(fixture->db, &stats) != KV_OK || kv_sweep(fixture->db, NULL) != KV_OK ||
            kv_sync(fixture->db) != KV_OK)
            atomic_fetch_add(&worker->shared->wrong, 1);
        last = sequence;
    }
    return NULL;
}

static void *make_namespaces(void *ctx)
{
    struct worker *worker = ctx;
    struct fixture *fixture = worker->shared->fixture;
    char name[24];
    kv_ns id;

    for (int i = 0; i < 20; i++) {
        int size = snprintf(name, sizeof(name), "n%u-%d", worker->number, i);

        if (kv_namespace_create(fixture->db, name, (size_t)size, &id) != KV_OK ||
            !group_write(fixture->db, id, 0, 7) || kv_namespace_drop(fixture->db, id) != KV_OK)
            atomic_fetch_add(&worker->shared->wrong, 1);
    }
    return NULL;
}

static void test_everything_at_once(void **state)
{
    struct shared shared = {.fixture = *state};
    struct worker writer, looker, makers[2];

    atomic_init(&shared.writers_left, 1);
    worker_start(&looker, &shared, 0, look_around);
    worker_start(&makers[0], &shared, 1, make_namespaces);
    worker_start(&makers[1], &shared, 2, make_namespaces);
    worker_start(&writer, &shared, 0, write_groups);
    worker_join(&writer);
    worker_join(&makers[0]);
    worker_join(&makers[1]);
    worker_join(&looker);
    assert_int_equal(atomic_load(&shared.wrong), 0);
}

/* ---- A snapshot that is begun here and ended there */

static void *end_snapshot(void *ctx)
{
    kv_snapshot_end(ctx);
    return NULL;
}

static void test_snapshot_changes_hands(void **state)
{
    struct fixture *fixture = *state;

    fixture_put(fixture, "a", "1");
    for (int i = 0; i < 100; i++) {
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, end_snapshot, fixture_snapshot(fixture)), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    fixture_expect(fixture, "a", "1");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("threads: readers see each batch whole", test_readers_and_writers),
        STORE_TEST("threads: a counter by conditions", test_counter),
        STORE_TEST("threads: a counter that all add to", test_adds),
        STORE_TEST("threads: amounts that move", test_moves),
        STORE_TEST("threads: opening and closing", test_open_and_close),
        STORE_TEST("threads: everything at once", test_everything_at_once),
        STORE_TEST("threads: a snapshot changes hands", test_snapshot_changes_hands),
    };

    run_tests(tests);
    return run_all("api: threads");
}
