/* Nonces: seen twice, kept to the second, full, forgotten, the clock going back; and by threads. */
#include "edge/nonces.h"

#include "support/run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1795485086
#ifdef __SANITIZE_THREAD__
#define HAS_TSAN 1
#else
#define HAS_TSAN 0
#endif

static kv_status add_of(kvi_nonces *nonces, const char *id, const char *nonce, int64_t now,
                        int64_t until)
{
    kv_slice key_id = {id, strlen(id)};
    kv_slice text = {nonce, strlen(nonce)};

    return kvi_nonces_add(nonces, key_id, text, now, until);
}

static kv_status add(kvi_nonces *nonces, const char *nonce, int64_t now, int64_t until)
{
    return add_of(nonces, "testid", nonce, now, until);
}

static kv_status add_number(kvi_nonces *nonces, size_t number, int64_t now, int64_t until)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%zu", number);
    return add(nonces, text, now, until);
}

static void test_seen(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(16);

    (void)state;
    assert_non_null(nonces);
    assert_int_equal(add(nonces, "n", NOW, NOW + 900), KV_OK);
    assert_int_equal(add(nonces, "n", NOW, NOW + 900), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "n", NOW + 1, NOW + 5000), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "N", NOW, NOW + 900), KV_OK);
    assert_int_equal(add(nonces, "", NOW, NOW + 900), KV_OK);
    assert_int_equal(add(nonces, "", NOW, NOW + 900), KV_VERSION_MISMATCH);
    kvi_nonces_free(nonces);
}

/* The same nonce of another key is another one, and the two texts do not run together. */
static void test_key_ids(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(16);

    (void)state;
    assert_int_equal(add_of(nonces, "ab", "c", NOW, NOW + 9), KV_OK);
    assert_int_equal(add_of(nonces, "a", "bc", NOW, NOW + 9), KV_OK);
    assert_int_equal(add_of(nonces, "", "abc", NOW, NOW + 9), KV_OK);
    assert_int_equal(add_of(nonces, "ab", "c", NOW, NOW + 9), KV_VERSION_MISMATCH);
    kvi_nonces_free(nonces);
}

static void test_expiry(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(16);

    (void)state;
    assert_int_equal(add(nonces, "n", NOW, NOW + 900), KV_OK);
    assert_int_equal(add(nonces, "n", NOW + 900, NOW + 1800), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "n", NOW + 901, NOW + 1801), KV_OK);
    assert_int_equal(add(nonces, "n", NOW + 1801, NOW + 2701), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "n", NOW + 1000000, NOW + 1000900), KV_OK);
    kvi_nonces_free(nonces);
}

/* Full is full to the last one; those that pass make room for as many. */
static void test_full(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(100);

    (void)state;
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(add_number(nonces, i, NOW, NOW + 10 + (int64_t)(i % 2)), KV_OK);
    assert_int_equal(add(nonces, "more", NOW, NOW + 900), KV_BUSY);
    assert_int_equal(add(nonces, "more", NOW + 10, NOW + 900), KV_BUSY);
    assert_int_equal(add(nonces, "7", NOW + 10, NOW + 900), KV_VERSION_MISMATCH);
    for (size_t i = 100; i < 150; i++)
        assert_int_equal(add_number(nonces, i, NOW + 11, NOW + 900), KV_OK);
    assert_int_equal(add(nonces, "more", NOW + 11, NOW + 900), KV_BUSY);
    assert_int_equal(add(nonces, "7", NOW + 11, NOW + 900), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "8", NOW + 12, NOW + 900), KV_OK);
    kvi_nonces_free(nonces);
}

/* Many more than there is room for, over many seconds: none is forgotten early, none late. */
static void test_stream(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(20 * 31);

    (void)state;
    for (int64_t second = 0; second < 3000; second++) {
        for (size_t i = 0; i < 20; i++)
            assert_int_equal(
                add_number(nonces, (size_t)second * 20 + i, NOW + second, NOW + second + 30),
                KV_OK);
        if (second >= 30) {
            assert_int_equal(
                add_number(nonces, (size_t)(second - 30) * 20, NOW + second, NOW + second + 30),
                KV_VERSION_MISMATCH);
            assert_int_equal(add(nonces, "more", NOW + second, NOW + second + 30), KV_BUSY);
        }
    }
    kvi_nonces_free(nonces);
}

/* Nonces that live longer than the wheel is wide, and a clock that jumps over all of it. */
static void test_long_lives(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(3);

    (void)state;
    assert_int_equal(add(nonces, "a", NOW, NOW + 10000), KV_OK);
    assert_int_equal(add(nonces, "b", NOW, NOW + 10), KV_OK);
    assert_int_equal(add(nonces, "c", NOW, INT64_MAX), KV_OK);
    assert_int_equal(add(nonces, "d", NOW, NOW + 10), KV_BUSY);
    for (int64_t second = 11; second <= 10000; second += 333)
        assert_int_equal(add(nonces, "a", NOW + second, NOW + 20000), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "d", NOW + 10000, NOW + 20000), KV_OK);
    assert_int_equal(add(nonces, "e", NOW + 10001, NOW + 20000), KV_OK);
    assert_int_equal(add(nonces, "f", NOW + 10001, NOW + 20000), KV_BUSY);
    assert_int_equal(add(nonces, "g", INT64_MAX, INT64_MAX), KV_OK);
    assert_int_equal(add(nonces, "c", INT64_MAX, INT64_MAX), KV_VERSION_MISMATCH);
    kvi_nonces_free(nonces);
}

/* What a clock before 1970 and at the ends of time says: no overflow. */
static void test_ends_of_time(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(4);

    (void)state;
    assert_int_equal(add(nonces, "a", INT64_MIN, INT64_MIN), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "a", INT64_MIN, -5), KV_OK);
    assert_int_equal(add(nonces, "a", -5, 5), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "b", INT64_MAX, INT64_MAX), KV_OK);
    assert_int_equal(add(nonces, "c", INT64_MIN, INT64_MAX), KV_OK);
    assert_int_equal(add(nonces, "d", 0, 1), KV_OK);
    assert_int_equal(add(nonces, "d", 0, 1), KV_VERSION_MISMATCH);
    kvi_nonces_free(nonces);
}

/* A clock that goes back must not open a way for what was forgotten. */
static void test_clock_back(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(16);

    (void)state;
    assert_int_equal(add(nonces, "n", NOW, NOW + 900), KV_OK);
    assert_int_equal(add(nonces, "later", NOW, NOW + 9000), KV_OK);
    assert_int_equal(add(nonces, "x", NOW + 5000, NOW + 5900), KV_OK); /* n is forgotten. */
    assert_int_equal(add(nonces, "n", NOW, NOW + 900), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "n", NOW + 1, NOW + 901), KV_OK);
    assert_int_equal(add(nonces, "later", NOW, NOW + 9000), KV_VERSION_MISMATCH);
    assert_int_equal(add(nonces, "x", NOW, NOW + 5900), KV_VERSION_MISMATCH);
    kvi_nonces_free(nonces);
}

/* What is over at once is not kept, and takes no room for ever. */
static void test_late(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(2);

    (void)state;
    for (int64_t second = 0; second < 100; second++)
        assert_int_equal(add(nonces, "n", NOW + second, NOW + second - 1), KV_OK);
    kvi_nonces_free(nonces);
}

static void test_create(void **state)
{
    kvi_nonces *nonces = kvi_nonces_create(0);

    (void)state;
    assert_non_null(nonces);
    assert_int_equal(add(nonces, "a", NOW, NOW), KV_OK);
    assert_int_equal(add(nonces, "b", NOW, NOW), KV_BUSY);
    kvi_nonces_free(nonces);
    kvi_nonces_free(NULL);
}

/* Bytes of memory that this process has in use. */
static size_t resident(void)
{
    char text[256] = {0};
    FILE *file = fopen("/proc/self/statm", "r"); /* Pages: of address space, in use, ... */

    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    (void)fclose(file);
    return strtoul(text + strcspn(text, " "), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* A large table costs address space; memory comes with what is put into it. The bound leaves room
 * for what sanitizers note down about it. */
static void test_memory(void **state)
{
    size_t before = resident();
    kvi_nonces *nonces = kvi_nonces_create(UINT32_C(1) << 24); /* 576 MiB. */

    (void)state;
    if (HAS_TSAN) /* It notes down what is allocated in more memory than that. */
        skip_because("TSan keeps notes in more memory than that");
    assert_non_null(nonces);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(add_number(nonces, i, NOW, NOW + 900), KV_OK);
    assert_true(resident() - before < (size_t)144 << 20);
    kvi_nonces_free(nonces);
}

/* ---- Threads: of each nonce, one thread was told that it is new */

#define THREADS 4
#define NUMBERS 2000

struct race {
    kvi_nonces *nonces;
    _Atomic(size_t) new;
    _Atomic(size_t) seen;
};

static void *race_run(void *context)
{
    struct race *race = context;

    for (size_t i = 0; i < NUMBERS; i++) {
        kv_status status = add_number(race->nonces, i, NOW + (int64_t)(i / 100), NOW + 900);
        atomic_fetch_add(status == KV_OK ? &race->new : &race->seen, 1);
        if (status != KV_OK && status != KV_VERSION_MISMATCH)
            return "neither new nor seen";
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct race race = {.nonces = kvi_nonces_create(NUMBERS)};
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race_run, &race), 0);
    for (int i = 0; i < THREADS; i++) {
        void *said = NULL;
        assert_int_equal(pthread_join(threads[i], &said), 0);
        assert_null(said);
    }
    assert_int_equal(race.new, NUMBERS);
    assert_int_equal(race.seen, (THREADS - 1) * NUMBERS);
    kvi_nonces_free(race.nonces);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("nonces: seen before", test_seen),
        TEST("nonces: each key id has its own", test_key_ids),
        TEST("nonces: kept until the second has passed", test_expiry),
        TEST("nonces: full", test_full),
        TEST("nonces: a stream at the limit", test_stream),
        TEST("nonces: long lives", test_long_lives),
        TEST("nonces: the ends of time", test_ends_of_time),
        TEST("nonces: the clock goes back", test_clock_back),
        TEST("nonces: over at once", test_late),
        TEST("nonces: room for one", test_create),
        TEST("nonces: memory comes with use", test_memory),
        TEST("nonces: threads", test_threads),
    };

    run_tests(tests);
    return run_all("edge_nonces");
}
