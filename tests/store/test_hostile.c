/* Damaged and forged data files: opened with KV_UNTRUSTED, a store is refused, or answers right and
 * takes writes. It never crashes and never answers wrongly.
 *
 * KV_TEST_MUTANTS=N makes N of them instead of a few hundred, KV_TEST_SEED=S begins with another
 * seed; what goes wrong is printed with the seed that shows it again. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "ops/db.h"
#include "storage/generation.h"
#include "storage/lmdb_page.h"
#include "support/child.h"
#include "support/random.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS 400
#define VALUE_MAX 100000
#define MUTANTS 400
#define PAGE 4096
#define EXPECTED_REFUSALS 20 /* Percent of mutants, at least: else they change nothing. */

/* What a child found with a mutant. */
enum verdict { REFUSED, ANSWERED, WRONG };

/* A sound file, an older state of it, and what its keys are. */
struct forge {
    struct fixture *fixture;
    char data[KVI_PATH_MAX];
    uint8_t *sound, *older, *mutant;
    size_t size, older_size, mutant_size;
    unsigned generation[KEYS]; /* Of each key's value; 0: it is not there. */
    uint64_t seed;
};

/* ---- The store */

static size_t value_make(unsigned key, unsigned generation, uint8_t *out)
{
    struct rng rng = {.state = key * 1000 + generation};
    size_t size = key % 40 == 0   ? 70000 + (size_t)rng_below(&rng, VALUE_MAX - 70000)
                  : key % 10 == 0 ? 3000 + (size_t)rng_below(&rng, 3000)
                                  : 20 + (size_t)rng_below(&rng, 200);

    if (key % 3 == 0)
        rng_fill_text(&rng, out, size);
    else
        rng_fill(&rng, out, size);
    return size;
}

static size_t key_make(unsigned key, char out[64])
{
    return (size_t)snprintf(out, 64, "key/%u/%u", key % 7, key);
}

static kv_status key_put(kv_db *db, kv_ns ns, unsigned key, unsigned generation)
{
    static uint8_t value[VALUE_MAX];
    char name[64];
    kv_op op = {.key = name, .value = value};

    op.key_size = key_make(key, name);
    op.value_size = value_make(key, generation, value);
    if (key % 5 == 0) {
        op.flags = KV_OP_TTL;
        op.ttl_s = 1000 + key;
    }
    return kv_put(db, ns, &op, NULL);
}

static uint8_t *file_read(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = lseek(fd, 0, SEEK_END);
    uint8_t *bytes = malloc((size_t)end);

    assert_true(fd >= 0 && end > 0 && bytes != NULL);
    assert_int_equal(pread(fd, bytes, (size_t)end, 0), end);
    (void)close(fd);
    *size = (size_t)end;
    return bytes;
}

static void forge_fill(struct forge *f)
{
    struct fixture *fixture = f->fixture;
    char name[64];
    kv_ns other;

    for (unsigned i = 0; i < KEYS; i++) {
        assert_status(key_put(fixture->db, fixture->ns, i, 1), KV_OK);
        f->generation[i] = 1;
    }
    fixture_close(fixture);
    f->older = file_read(f->data, &f->older_size);
    fixture_open(fixture);
    for (unsigned i = 0; i < KEYS; i += 3) {
        if (i % 2 == 0) {
            assert_status(key_put(fixture->db, fixture->ns, i, 2), KV_OK);
            f->generation[i] = 2;
        } else {
            assert_status(kv_delete(fixture->db, fixture->ns, name, key_make(i, name), NULL),
                          KV_OK);
            f->generation[i] = 0;
        }
    }
    /* Nobody can tell a file from one that lacks its last commit: these change no key of "main". */
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (unsigned i = 0; i < 2; i++)
        assert_status(key_put(fixture->db, other, i, 1), KV_OK);
    fixture_close(fixture);
    f->sound = file_read(f->data, &f->size);
    f->mutant = malloc(f->size + f->older_size + PAGE);
    assert_non_null(f->mutant);
}

static int forge_setup(void **state)
{
    static struct forge forge;

    if (fixture_setup_empty(state) != 0)
        return -1;
    forge = (struct forge){.fixture = *state};
    forge.fixture->options.sync = KV_SYNC_LAZY;
    fixture_create(forge.fixture, NULL);
    assert_status(kvi_generation_path(forge.fixture->path, forge.fixture->db->current.generation,
                                      "data.mdb", forge.data),
                  KV_OK);
    forge_fill(&forge);
    *state = &forge;
    return 0;
}

static int forge_teardown(void **state)
{
    struct forge *f = *state;
    void *fixture = f->fixture;

    free(f->sound);
    free(f->older);
    free(f->mutant);
    return fixture_teardown(&fixture);
}

/* ---- Mutants */

static uint8_t *page_at(struct forge *f, uint64_t page)
{
    return f->mutant + page * PAGE;
}

static uint64_t page_pick(const struct forge *f, struct rng *rng)
{
    return rng_below(rng, f->mutant_size / PAGE);
}

/* A byte: half of them where a page's structure is. */
static void mutate_byte(struct forge *f, struct rng *rng)
{
    uint8_t *page = page_at(f, page_pick(f, rng));
    size_t at = (size_t)(rng_percent(rng, 50) ? rng_below(rng, 64) : rng_below(rng, PAGE));

    if (rng_percent(rng, 50))
        page[at] ^= (uint8_t)(1u << rng_below(rng, 8));
    else
        page[at] = (uint8_t)rng_next(rng);
}

static void mutate_sector(struct forge *f, struct rng *rng)
{
    uint8_t *sector = page_at(f, page_pick(f, rng)) + 512 * rng_below(rng, PAGE / 512);

    if (rng_percent(rng, 50))
        memset(sector, 0, 512);
    else
        rng_fill(rng, sector, 512);
}

/* A page in another's place; half of the time with its number mended. */
static void mutate_copy(struct forge *f, struct rng *rng)
{
    uint64_t to = page_pick(f, rng);

    memcpy(page_at(f, to), page_at(f, page_pick(f, rng)), PAGE);
    if (rng_percent(rng, 50))
        kvi_le64_store(page_at(f, to), to);
}

static void mutate_swap(struct forge *f, struct rng *rng)
{
    uint64_t a = page_pick(f, rng), b = page_pick(f, rng);
    uint8_t page[PAGE];

    memcpy(page, page_at(f, a), PAGE);
    memmove(page_at(f, a), page_at(f, b), PAGE);
    memcpy(page_at(f, b), page, PAGE);
    if (rng_percent(rng, 50)) {
        kvi_le64_store(page_at(f, a), a);
        kvi_le64_store(page_at(f, b), b);
    }
}

/* A page as it was before: a write that never reached the disk. */
static void mutate_stale(struct forge *f, struct rng *rng)
{
    uint64_t page = page_pick(f, rng);

    if ((page + 1) * PAGE <= f->older_size)
        memcpy(page_at(f, page), f->older + page * PAGE, PAGE);
}

static void mutate_half(struct forge *f, struct rng *rng)
{
    uint64_t page = page_pick(f, rng);

    if ((page + 1) * PAGE <= f->older_size)
        memcpy(page_at(f, page), f->older + page * PAGE, 512 * rng_between(rng, 1, 7));
}

static void mutate_size(struct forge *f, struct rng *rng)
{
    f->mutant_size = (size_t)(rng_percent(rng, 50) ? rng_below(rng, f->size)
                                                   : PAGE * rng_below(rng, f->size / PAGE));
}

/* A meta page with another number, or the trees of the other one. */
static void mutate_meta(struct forge *f, struct rng *rng)
{
    uint8_t *meta = page_at(f, rng_below(rng, 2));
    uint8_t *at = meta + KVI_META_TRANSACTION;

    if (rng_percent(rng, 50))
        kvi_le64_store(at, kvi_le64_load(at) + rng_between(rng, 1, 4) - 2);
    else
        memcpy(meta + KVI_META_FREE_TREE, page_at(f, rng_below(rng, 2)) + KVI_META_FREE_TREE,
               (size_t)rng_between(rng, 1, KVI_META_SIZE - KVI_META_FREE_TREE));
}

static void mutate_zero(struct forge *f, struct rng *rng)
{
    memset(page_at(f, page_pick(f, rng)), 0, PAGE);
}

static void mutant_make(struct forge *f, uint64_t seed)
{
    static void (*const ways[])(struct forge * f, struct rng * rng) = {
        mutate_byte,  mutate_byte, mutate_byte, mutate_sector, mutate_copy, mutate_swap,
        mutate_stale, mutate_half, mutate_size, mutate_meta,   mutate_zero};
    struct rng rng = {.state = seed};
    int count = rng_percent(&rng, 80) ? 1 : (int)rng_between(&rng, 2, 4);

    memcpy(f->mutant, f->sound, f->size);
    f->mutant_size = f->size;
    for (int i = 0; i < count && f->mutant_size >= 4 * PAGE; i++)
        ways[rng_below(&rng, COUNT(ways))](f, &rng);
}

/* ---- What becomes of one */

/* Whether the store says of a key what it should. */
static bool key_is_right(kv_snapshot *snapshot, kv_ns ns, unsigned key, unsigned generation,
                         kv_buf *buf)
{
    static uint8_t value[VALUE_MAX];
    char name[64];
    kv_slice got;
    kv_status status = kv_get(snapshot, ns, name, key_make(key, name), buf, &got);
    size_t size;

    if (generation == 0)
        return status == KV_NOT_FOUND;
    size = value_make(key, generation, value);
    return status == KV_OK && got.size == size && memcmp(got.data, value, size) == 0;
}

static bool keys_are_right(struct forge *f, kv_db *db, kv_ns ns)
{
    kv_snapshot *snapshot;
    kv_buf buf = {0};
    uint64_t count = 0, live = 0;
    int complete;
    bool is_right = kv_snapshot_begin(db, &snapshot) == KV_OK;

    for (unsigned i = 0; i < KEYS && is_right; i++) {
        is_right = key_is_right(snapshot, ns, i, f->generation[i], &buf);
        live += f->generation[i] != 0;
    }
    is_right = is_right &&
               kv_count(snapshot, ns, (kv_slice){NULL, 0}, 0, &count, &complete) == KV_OK &&
               count == live;
    kv_snapshot_end(snapshot);
    kv_buf_free(&buf);
    return is_right;
}

/* The store is as good as any: it takes writes, and gives them back. */
static bool writes_are_right(struct forge *f, kv_db *db, kv_ns ns)
{
    for (unsigned i = 0; i < KEYS; i += 11) {
        if (key_put(db, ns, i, 3) != KV_OK)
            return false;
        f->generation[i] = 3;
    }
    for (unsigned i = 5; i < KEYS; i += 13) {
        char name[64];
        if (kv_delete(db, ns, name, key_make(i, name), NULL) != KV_OK)
            return false;
        f->generation[i] = 0;
    }
    return kv_sweep(db, NULL) == KV_OK && keys_are_right(f, db, ns);
}

static int mutant_try(void *ctx)
{
    struct forge *f = ctx;
    kv_error error = KV_ERROR_INIT;
    kv_snapshot *snapshot = NULL;
    enum verdict verdict = WRONG;
    kv_db *db;
    kv_ns ns = 0;
    kv_status status;

    f->fixture->options.flags = KV_UNTRUSTED;
    status = kv_open(f->fixture->path, &f->fixture->options, NULL, &db, &error);
    if (status != KV_OK) {
        bool has_reason = (status == KV_CORRUPT || status == KV_UNSUPPORTED) && error.message[0];
        if (!has_reason)
            fprintf(stderr, "refused with %s: \"%s\"\n", kv_status_name(status), error.message);
        return has_reason ? REFUSED : WRONG;
    }
    if (kv_snapshot_begin(db, &snapshot) == KV_OK &&
        kv_namespace_find(snapshot, "main", 4, &ns) == KV_OK) {
        kv_snapshot_end(snapshot);
        if (!keys_are_right(f, db, ns))
            fprintf(stderr, "a key is wrong\n");
        else if (!writes_are_right(f, db, ns))
            fprintf(stderr, "a write failed or went wrong\n");
        else
            verdict = ANSWERED;
    }
    kv_close(db);
    return verdict;
}

static void mutant_write(const struct forge *f)
{
    int fd = open(f->data, O_WRONLY | O_TRUNC | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, f->mutant, f->mutant_size, 0), f->mutant_size);
    (void)close(fd);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void test_mutants(void **state)
{
    struct forge *f = *state;
    uint64_t count = number_of("KV_TEST_MUTANTS", MUTANTS), refused = 0, bad = 0;
    uint64_t first = number_of("KV_TEST_SEED", 1);

    for (uint64_t seed = first; seed < first + count; seed++) {
        pid_t child;
        int end = 0;

        mutant_make(f, seed);
        mutant_write(f);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(CHILD_SECONDS_MAX);
            _exit(mutant_try(f));
        }
        assert_int_equal(waitpid(child, &end, 0), child);
        refused += WIFEXITED(end) && WEXITSTATUS(end) == REFUSED;
        if (WIFEXITED(end) && WEXITSTATUS(end) != WRONG)
            continue;
        fprintf(stderr, "mutant of seed %llu: %s %d\n", (unsigned long long)seed,
                WIFSIGNALED(end) ? "signal" : "wrong, exit",
                WIFSIGNALED(end) ? WTERMSIG(end) : WEXITSTATUS(end));
        bad++;
    }
    fprintf(stderr, "%llu mutants, %llu refused, %llu bad\n", (unsigned long long)count,
            (unsigned long long)refused, (unsigned long long)bad);
    assert_int_equal(bad, 0);
    if (count >= MUTANTS)
        assert_in_range(refused, count * EXPECTED_REFUSALS / 100, count - 1);
}

/* The sound file passes, or the mutants prove nothing. */
static void test_sound(void **state)
{
    struct forge *f = *state;

    assert_int_equal(child_run(mutant_try, f), ANSWERED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST_WITHIN("hostile: sound file", test_sound, forge_setup, forge_teardown),
        TEST_WITHIN("hostile: mutants", test_mutants, forge_setup, forge_teardown),
    };

    run_tests(tests);
    return run_all("store: hostile");
}
