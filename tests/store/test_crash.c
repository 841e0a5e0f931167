/* Power cuts: whatever the disk had written by then, the store opens, has all that was
 * acknowledged, has the batch in flight wholly or not at all, passes kv_check(), and works on.
 *
 * KV_TEST_STATES=N looks at about N states of each story instead of some hundreds, KV_TEST_SEED=S
 * plays other stories; what goes wrong is printed with what shows it again. The last tests sync too
 * little, on purpose: then bad states must be found. */
#include "support/fixture.h"

#include "support/disk.h"
#include "support/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS 40
#define STEPS_MAX 64
#define VALUE_MAX 120000
#define SECONDS_MAX 30 /* For a state. */
#define STATES 400

/* What the keys are after each step: the step that wrote the value, or 0. */
typedef struct keys {
    uint8_t step[KEYS];
    bool has_namespace;
} keys;

/* A story: steps, each acknowledged or not, and the states between them. */
struct story {
    struct fixture *fixture;
    struct rng rng;
    uint64_t seed;
    keys after[STEPS_MAX + 1];
    int steps;    /* Begun. Step 1 makes the store, step 2 the namespace. */
    bool is_lazy; /* Acknowledged only by kv_sync(). */
    bool may_be_sealed;
    bool expires[KEYS]; /* The value that is there now has a deadline. */
};

/* ---- Values */

static size_t value_make(unsigned key, unsigned step, uint8_t *out)
{
    struct rng rng = {.state = key * 1000 + step};
    uint64_t kind = rng_below(&rng, 100);
    size_t size = kind < 65   ? 2 + (size_t)rng_below(&rng, 200)
                  : kind < 90 ? 500 + (size_t)rng_below(&rng, 5000)
                  : kind < 97 ? 20000 + (size_t)rng_below(&rng, 30000)
                              : 70000 + (size_t)rng_below(&rng, 50000);

    if (kind % 2 == 0)
        rng_fill_text(&rng, out, size);
    else
        rng_fill(&rng, out, size);
    out[0] = (uint8_t)key;
    out[1] = (uint8_t)step;
    return size;
}

/* Some keys are longer than LMDB's. */
static size_t key_make(unsigned key, char out[KV_KEY_SIZE_MAX + 1])
{
    int size = snprintf(out, KV_KEY_SIZE_MAX + 1, "key/%u", key);

    if (key % 7 != 3)
        return (size_t)size;
    memset(out + size, 'x', KV_KEY_SIZE_MAX - (size_t)size);
    return KV_KEY_SIZE_MAX;
}

/* ---- Steps */

/* A step begins: the keys are as before. */
static keys *step_begin(struct story *s)
{
    assert_in_range(s->steps, 0, STEPS_MAX - 1);
    s->steps++;
    s->after[s->steps] = s->after[s->steps - 1];
    return &s->after[s->steps];
}

static void step_end(struct story *s)
{
    if (!s->is_lazy)
        disk_ack(s->steps);
}

static void story_sync(struct story *s)
{
    assert_status(kv_sync(s->fixture->db), KV_OK);
    disk_ack(s->steps);
}

static void story_open(struct story *s)
{
    s->fixture->options.flags = s->steps == 0 ? KV_CREATE : 0;
    s->fixture->options.sync = s->is_lazy ? KV_SYNC_LAZY : KV_SYNC_FULL;
    fixture_open(s->fixture);
}

/* The store and its namespace. */
static void story_create(struct story *s)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_error error = KV_ERROR_INIT;

    settings.map_size_max = 64 << 20;
    s->fixture->options.flags = KV_CREATE;
    s->fixture->options.sync = s->is_lazy ? KV_SYNC_LAZY : KV_SYNC_FULL;
    step_begin(s);
    assert_status(
        kv_open(s->fixture->path, &s->fixture->options, &settings, &s->fixture->db, &error), KV_OK);
    disk_ack(s->steps); /* Creating is never lazy. */
    step_begin(s)->has_namespace = true;
    assert_status(kv_namespace_create(s->fixture->db, "main", 4, &s->fixture->ns), KV_OK);
    step_end(s);
}

static void story_batch(struct story *s)
{
    static uint8_t values[8][VALUE_MAX];
    static char names[8][KV_KEY_SIZE_MAX + 1];
    keys *after = step_begin(s);
    size_t count = (size_t)rng_between(&s->rng, 1, 8);
    kv_op ops[8];

    for (size_t i = 0; i < count; i++) {
        unsigned key = (unsigned)rng_below(&s->rng, KEYS);
        uint64_t kind = rng_below(&s->rng, 10);
        ops[i] = (kv_op){.key = names[i], .key_size = key_make(key, names[i])};
        if (kind < 2) {
            ops[i].kind = KV_DELETE;
            after->step[key] = 0;
        } else {
            ops[i].value = values[i];
            ops[i].value_size = value_make(key, (unsigned)s->steps, values[i]);
            s->expires[key] = kind < 5;
            if (s->expires[key]) {
                ops[i].flags = KV_OP_TTL;
                ops[i].ttl_s = 1000;
            }
            after->step[key] = (uint8_t)s->steps;
        }
    }
    assert_status(kv_batch(s->fixture->db, s->fixture->ns, ops, count, NULL, NULL, NULL), KV_OK);
    step_end(s);
}

static void story_batches(struct story *s, int count)
{
    for (int i = 0; i < count; i++)
        story_batch(s);
}

/* ---- Stories */

static void creation(struct story *s)
{
    story_create(s);
    story_batches(s, 2);
}

static void batches(struct story *s)
{
    story_create(s);
    story_batches(s, 40);
}

static void reopened(struct story *s)
{
    story_create(s);
    for (int i = 0; i < 8; i++) {
        story_batches(s, 3);
        fixture_close(s->fixture);
        story_open(s);
    }
}

static void lazy(struct story *s)
{
    s->is_lazy = true;
    story_create(s);
    for (int i = 0; i < 8; i++) {
        story_batches(s, 4);
        story_sync(s);
    }
    story_batches(s, 4);
}

static void sealed(struct story *s)
{
    story_create(s);
    story_batches(s, 10);
    s->may_be_sealed = true;
    (void)step_begin(s);
    assert_status(kv_seal(s->fixture->db), KV_OK);
    step_end(s);
}

/* Whoever looks has the clock of the beginning, for which nothing has expired. */
static void swept(struct story *s)
{
    keys *after;

    story_create(s);
    story_batches(s, 12);
    fixture_advance(s->fixture, 2000);
    after = step_begin(s);
    for (unsigned i = 0; i < KEYS; i++)
        if (s->expires[i])
            after->step[i] = 0;
    assert_status(kv_sweep(s->fixture->db, NULL), KV_OK);
    step_end(s);
}

static void dropped(struct story *s)
{
    story_create(s);
    story_batches(s, 12);
    *step_begin(s) = (keys){.has_namespace = false};
    assert_status(kv_namespace_drop(s->fixture->db, s->fixture->ns), KV_OK);
    assert_status(kv_sweep(s->fixture->db, NULL), KV_OK);
    step_end(s);
}

/* ---- One state, in a child of its own */

struct look {
    const struct story *story;
    char path[TEMPDIR_PATH_MAX];
    int acked;
};

static int fault_print(void *ctx, const kv_fault *fault)
{
    const struct look *l = ctx;

    (void)l;
    fprintf(stderr, "  %s, page %llu: %s\n", fault->table, (unsigned long long)fault->page,
            fault->message);
    return 0;
}

static bool say(const char *what, kv_status status)
{
    fprintf(stderr, "  %s: %s\n", what, kv_status_name(status));
    return false;
}

static bool is_sound(struct look *l)
{
    kv_error error = KV_ERROR_INIT;
    kv_status status = kv_check(l->path, 0, NULL, fault_print, l, &error);

    if (status == KV_OK || (status == KV_NOT_FOUND && l->acked == 0))
        return true;
    fprintf(stderr, "  %s\n", error.message);
    return say("kv_check()", status);
}

/* The step that a key's value is of, 0 if it is not there; -1: it is wrong. */
static int key_step(kv_snapshot *snapshot, kv_ns ns, unsigned key, kv_buf *buf)
{
    static uint8_t want[VALUE_MAX];
    char name[KV_KEY_SIZE_MAX + 1];
    kv_slice value;
    kv_status status = kv_get(snapshot, ns, name, key_make(key, name), buf, &value);
    const uint8_t *bytes = value.data;
    size_t size;

    if (status == KV_NOT_FOUND)
        return 0;
    if (status != KV_OK || value.size < 2 || bytes[0] != key)
        return -1;
    size = value_make(key, bytes[1], want);
    return value.size == size && memcmp(bytes, want, size) == 0 ? bytes[1] : -1;
}

static bool keys_read(kv_db *db, kv_ns ns, keys *out)
{
    kv_snapshot *snapshot;
    kv_buf buf = {0};
    bool is_right = kv_snapshot_begin(db, &snapshot) == KV_OK;

    for (unsigned i = 0; i < KEYS && is_right; i++) {
        int step = key_step(snapshot, ns, i, &buf);
        is_right = step >= 0;
        out->step[i] = (uint8_t)step;
    }
    kv_snapshot_end(snapshot);
    kv_buf_free(&buf);
    return is_right;
}

/* Whether the keys are as they were between two steps that may be. */
static bool keys_fit(const struct look *l, const keys *got)
{
    const struct story *s = l->story;
    int last = s->is_lazy || l->acked + 1 > s->steps ? s->steps : l->acked + 1;

    for (int i = l->acked; i <= last; i++)
        if (s->after[i].has_namespace == got->has_namespace &&
            memcmp(s->after[i].step, got->step, sizeof(got->step)) == 0)
            return true;
    return false;
}

static bool works_on(kv_db *db, kv_ns ns)
{
    static uint8_t value[VALUE_MAX];
    char name[KV_KEY_SIZE_MAX + 1];
    kv_op op = {.key = name, .value = value};
    keys before, after;

    if (!keys_read(db, ns, &before))
        return false;
    for (unsigned i = 0; i < 10; i++) {
        unsigned key = i * 7 % KEYS;
        op.key_size = key_make(key, name);
        op.value_size = value_make(key, 200 + i, value);
        if (i % 3 == 2 ? kv_delete(db, ns, name, op.key_size, NULL) != KV_OK
                       : kv_put(db, ns, &op, NULL) != KV_OK)
            return false;
        before.step[key] = i % 3 == 2 ? 0 : (uint8_t)(200 + i);
    }
    return keys_read(db, ns, &after) && memcmp(before.step, after.step, sizeof(after.step)) == 0;
}

/* The namespace, made if it is not there. */
static kv_status namespace_get(kv_db *db, kv_ns *ns, bool *was_there)
{
    kv_snapshot *snapshot;
    kv_status status = kv_snapshot_begin(db, &snapshot);

    if (status != KV_OK)
        return status;
    status = kv_namespace_find(snapshot, "main", 4, ns);
    kv_snapshot_end(snapshot);
    *was_there = status == KV_OK;
    return status == KV_NAMESPACE_NOT_FOUND ? kv_namespace_create(db, "main", 4, ns) : status;
}

static bool state_check(struct look *l)
{
    const struct story *s = l->story;
    kv_options options = s->fixture->options;
    kv_error error = KV_ERROR_INIT;
    kv_status status;
    kv_db *db;
    kv_ns ns;
    keys got;

    if (!is_sound(l))
        return false;
    options.mode = KV_OPEN_READ_WRITE;
    options.flags = l->acked == 0 ? KV_CREATE : 0;
    status = kv_open(l->path, &options, NULL, &db, &error);
    if (status == KV_READ_ONLY && s->may_be_sealed) {
        options.mode = KV_OPEN_SEALED;
        status = kv_open(l->path, &options, NULL, &db, &error);
    }
    if (status != KV_OK) {
        fprintf(stderr, "  %s\n", error.message);
        return say("kv_open()", status);
    }
    status = namespace_get(db, &ns, &got.has_namespace);
    if (status != KV_OK)
        return say("the namespace", status);
    if (!keys_read(db, ns, &got))
        return say("a value is wrong", KV_CORRUPT);
    if (!keys_fit(l, &got))
        return say("the keys are of no moment that may be", KV_CORRUPT);
    if (options.mode == KV_OPEN_READ_WRITE && !works_on(db, ns))
        return say("it does not work on", KV_IO);
    kv_close(db);
    l->acked = 1;
    return is_sound(l);
}

static bool state_look(void *ctx, const char *root, int acked)
{
    struct look l = {.story = ctx, .acked = acked};
    pid_t child;
    int end = 0;

    tempdir_join(l.path, root, "store");
    child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        /* Where bad states are wanted, their descriptions are not. */
        if (l.story->seed == 0 && freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        alarm(SECONDS_MAX);
        _exit(state_check(&l) ? 0 : 1);
    }
    while (waitpid(child, &end, 0) != child)
        if (errno != EINTR)
            abort();
    if (WIFSIGNALED(end) && l.story->seed != 0)
        fprintf(stderr, "  signal %d\n", WTERMSIG(end));
    return WIFEXITED(end) && WEXITSTATUS(end) == 0;
}

/* ---- Tests */

static const struct story_row {
    const char *name;
    void (*tell)(struct story *s);
    unsigned lies;
    int from_ack;
} stories[] = {
    {"crash: creation", creation, 0, 0}, {"crash: batches", batches, 0, 2},
    {"crash: reopened", reopened, 0, 2}, {"crash: lazy", lazy, 0, 1},
    {"crash: sealed", sealed, 0, 10},    {"crash: swept", swept, 0, 12},
    {"crash: dropped", dropped, 0, 12},
};

static const struct story_row sabotages[] = {
    {"crash: without fdatasync", batches, DISK_NO_DATA_SYNC, 2},
    {"crash: without O_DSYNC", batches, DISK_NO_DSYNC, 2},
    {"crash: without fsync of directories", creation, DISK_NO_NAME_SYNC, 0},
    {"crash: with lost writes", batches, DISK_LOSES_WRITES, 2},
    {"crash: lazy without fdatasync", lazy, DISK_NO_DATA_SYNC, 1},
};

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static struct disk_result story_run(struct fixture *fixture, const struct story_row *row,
                                    uint64_t seed)
{
    static struct story s;
    struct disk_cuts cuts = {.states =
                                 row->lies != 0 ? STATES : number_of("KV_TEST_STATES", STATES),
                             .seed = number_of("KV_TEST_SEED", 1),
                             .lies = row->lies,
                             .from_ack = row->from_ack,
                             .look = state_look,
                             .ctx = &s};
    int64_t begin = fixture->clock.now;

    s = (struct story){.fixture = fixture, .rng = {.state = cuts.seed}, .seed = seed};
    disk_record(fixture->root);
    row->tell(&s);
    disk_stop();
    fixture_close(fixture);
    fixture->clock.now = begin;
    fixture->options.sync = KV_SYNC_FULL;
    return disk_cut(&cuts);
}

static void test_story(void **state)
{
    struct fixture *fixture = *state;
    const struct story_row *row = fixture->row;
    struct disk_result result = story_run(fixture, row, 1);

    fprintf(stderr, "%s: %llu states of %llu cuts, %llu bad\n", row->name,
            (unsigned long long)result.states, (unsigned long long)result.cuts,
            (unsigned long long)result.bad);
    assert_int_equal(result.bad, 0);
    assert_in_range(result.states, 10, UINT32_MAX);
}

static void test_sabotage(void **state)
{
    struct fixture *fixture = *state;
    const struct story_row *row = fixture->row;
    struct disk_result result = story_run(fixture, row, 0);

    fprintf(stderr, "%s: %llu of %llu states bad\n", row->name, (unsigned long long)result.bad,
            (unsigned long long)result.states);
    assert_in_range(result.bad, 1, result.states);
}

int main(void)
{
    run_rows(stories, test_story, fixture_setup_empty, fixture_teardown);
    run_rows(sabotages, test_sabotage, fixture_setup_empty, fixture_teardown);
    return run_all("store: crash");
}
