/* Random operations on a store and on the model (support/model.h), every answer compared.
 *
 * Each seed is a test of its own. KV_TEST_SEED runs a single one, KV_TEST_SCALE (percent, default
 * 100) scales the number of operations. At the end every verdict that needs no fault must have been
 * seen. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kv.h"
#include "support/random.h"
#include "support/recount.h"
#include "support/subject.h"
#include "support/tempdir.h"

#define SEED_COUNT 20
#define OPERATIONS_PER_SEED 30000
#define BATCH_MAX 60
#define ARENA_SIZE ((size_t)8 << 20)
#define NAMES 6
#define MEBIBYTE ((size_t)1 << 20)

struct run {
    struct subject subject;
    struct rng rng;
    unsigned char *arena; /* Bytes of the operations at hand; begun anew by each action. */
    size_t arena_used;
    kv_ns ids[NAMES]; /* By name; a dropped one stays until its name is used again. */
    uint64_t actions;
    kv_snapshot *frozen; /* An older snapshot, and the namespace as it was. */
    struct model_namespace frozen_space;
    unsigned flavour;
};

static uint64_t total_operations, total_seen[SUBJECT_STATUS_COUNT];
static uint64_t total_verdicts[SUBJECT_STATUS_COUNT];
static uint32_t total_flags;

static unsigned scale_percent(void)
{
    const char *scale = getenv("KV_TEST_SCALE");
    long percent = scale != NULL ? strtol(scale, NULL, 10) : 100;

    return percent < 1 || percent > 100000 ? 100 : (unsigned)percent;
}

/* ---- Keys, values and operations */

static void *take(struct run *run, size_t size)
{
    void *at = run->arena + run->arena_used;

    if (size > ARENA_SIZE - run->arena_used)
        return NULL;
    run->arena_used += size;
    return at;
}

/* A key of exactly `size` bytes that differs from its like only near the end. */
static kv_slice key_long(struct run *run, size_t size)
{
    static const char *const tails[] = {"a", "z", "\x7E", "\xC2\x80", "\xF4\x8F\xBF\xBF",
                                        "!", "aa"};
    const char *tail = tails[rng_below(&run->rng, sizeof(tails) / sizeof(tails[0]))];
    size_t tail_size = strlen(tail);
    unsigned char *key = take(run, size);

    memset(key, 'x', size);
    memcpy(key + size - tail_size, tail, tail_size);
    return (kv_slice){key, size};
}

static kv_slice key_text(struct run *run, const char *form, uint64_t number)
{
    char *key = take(run, 64);

    return (kv_slice){key, (size_t)snprintf(key, 64, form, (unsigned)number)};
}

static kv_slice key_good(struct run *run)
{
    switch (rng_below(&run->rng, 10)) {
    case 0:
        return key_long(run, (size_t)rng_between(&run->rng, 368, 376));
    case 1:
        return key_long(run, (size_t)rng_between(&run->rng, 505, 512));
    case 2:
        return key_text(run, "site/%u/index.html", rng_below(&run->rng, 40));
    case 3:
        return key_text(run, "site/\xC3\xA9t\xC3\xA9/%u", rng_below(&run->rng, 20));
    case 4:
        return key_text(run, "\xF0\x9F\x98\x80%u", rng_below(&run->rng, 8));
    default:
        return key_text(run, "k%u", rng_below(&run->rng, 90));
    }
}

static kv_slice key_bad(struct run *run)
{
    static const kv_slice bad[] = {
        {"", 0},
        {"a b", 3},
        {"a\0b", 3},
        {"tab\t", 4},
        {"del\x7F", 4},
        {"\xC0\xAF", 2},         /* Overlong. */
        {"\xED\xA0\x80", 3},     /* A surrogate. */
        {"\xF4\x90\x80\x80", 4}, /* Past the last character. */
        {"k\xE2\x82", 3},        /* Cut short. */
        {"\x80", 1},
    };
    uint64_t which = rng_below(&run->rng, sizeof(bad) / sizeof(bad[0]) + 2);

    if (which < sizeof(bad) / sizeof(bad[0]))
        return bad[which];
    return key_long(run, KV_KEY_SIZE_MAX + 1);
}

static kv_slice key_any(struct run *run)
{
    return rng_percent(&run->rng, 97) ? key_good(run) : key_bad(run);
}

static size_t value_size(struct run *run)
{
    uint64_t dice = rng_below(&run->rng, 1000);

    if (dice < 100)
        return 0;
    if (dice < 700)
        return (size_t)rng_between(&run->rng, 1, 100);
    if (dice < 900)
        return (size_t)rng_between(&run->rng, 100, 2000);
    if (dice < 965)
        return (size_t)rng_between(&run->rng, 2000, 9000);
    if (dice < 980)
        return (size_t)rng_between(&run->rng, 65536 - 3, 65536 + 3);
    if (dice < 997)
        return (size_t)rng_between(&run->rng, 65536, 300000);
    return (size_t)rng_between(&run->rng, MEBIBYTE, MEBIBYTE + 700000);
}

static void op_value(struct run *run, kv_op *op)
{
    unsigned char *value;

    if (rng_below(&run->rng, 400) == 0) {
        op->value = run->arena; /* Too long: nobody looks at it. */
        op->value_size = KV_VALUE_SIZE_DEFAULT + 1;
        return;
    }
    op->value_size = value_size(run);
    value = take(run, op->value_size);
    if (value == NULL) {
        op->value_size = 0;
        return;
    }
    op->value = value;
    if (rng_percent(&run->rng, 50))
        rng_fill(&run->rng, value, op->value_size);
    else
        rng_fill_text(&run->rng, value, op->value_size);
}

static void op_metadata(struct run *run, kv_op *op)
{
    static const size_t sizes[] = {
        1, 7, 40, 127, 128, KV_METADATA_SIZE_MAX, KV_METADATA_SIZE_MAX + 1};
    unsigned char *metadata;

    if (rng_percent(&run->rng, 75))
        return;
    op->metadata_size = sizes[rng_below(&run->rng, rng_percent(&run->rng, 95) ? 5 : 7)];
    metadata = take(run, op->metadata_size);
    if (metadata == NULL) {
        op->metadata_size = 0;
        return;
    }
    op->metadata = metadata;
    rng_fill(&run->rng, metadata, op->metadata_size);
}

static void op_expiry(struct run *run, kv_op *op)
{
    int64_t now = subject_now(&run->subject);

    if (rng_percent(&run->rng, 20)) {
        op->flags |= KV_OP_TTL;
        op->ttl_s = (int64_t)rng_between(&run->rng, 1, 40);
        if (rng_percent(&run->rng, 3))
            op->ttl_s = INT64_MAX - (int64_t)rng_below(&run->rng, 3);
        if (rng_percent(&run->rng, 3))
            op->ttl_s = -(int64_t)rng_below(&run->rng, 3);
    }
    if (rng_percent(&run->rng, 20)) {
        op->flags |= KV_OP_EXPIRES_AT;
        op->expires_at = now + (int64_t)rng_below(&run->rng, 50);
        if (rng_percent(&run->rng, 4))
            op->expires_at = now;
        if (rng_percent(&run->rng, 3))
            op->expires_at = now - 1 - (int64_t)rng_below(&run->rng, 3);
        if (rng_percent(&run->rng, 3))
            op->expires_at = rng_percent(&run->rng, 50) ? INT64_MAX : INT64_MIN;
    }
}

static void op_condition(struct run *run, kv_ns ns, kv_op *op)
{
    const struct model_namespace *space = model_find(&run->subject.model, ns);
    const struct model_row *row = NULL;

    if (space != NULL && op->key != NULL)
        row = model_get(space, op->key, op->key_size, subject_now(&run->subject));
    if (rng_percent(&run->rng, 8)) {
        op->flags |= KV_OP_IF_VERSION;
        if (rng_percent(&run->rng, 60))
            op->if_version = row != NULL ? row->version : 0;
        else
            op->if_version = rng_below(&run->rng, run->subject.model.sequence);
    } else if (op->kind == KV_PUT && rng_percent(&run->rng, 8)) {
        op->flags |= KV_OP_IF_ABSENT;
    }
}

static void op_spoil(struct run *run, kv_op *op)
{
    switch (rng_below(&run->rng, 8)) {
    case 0:
        op->kind = 3 + (uint32_t)rng_below(&run->rng, 1000);
        break;
    case 1:
        op->flags |= 1u << rng_between(&run->rng, 4, 31);
        break;
    case 2:
        op->reserved[rng_below(&run->rng, 2)] = 1;
        break;
    case 3:
        op->key = NULL;
        op->key_size = 3;
        break;
    case 4:
        op->value = NULL;
        op->value_size = 1;
        break;
    case 5:
        op->kind = rng_percent(&run->rng, 50) ? KV_DELETE : KV_TOUCH;
        op->flags |= KV_OP_IF_ABSENT;
        break;
    case 6:
        op->kind = KV_DELETE;
        op->flags |= KV_OP_TTL;
        break;
    default:
        op->kind = KV_PUT;
        op->flags |= KV_OP_IF_ABSENT | KV_OP_IF_VERSION;
        break;
    }
}

static kv_op op_any(struct run *run, kv_ns ns)
{
    kv_op op = {.kind = KV_PUT};
    kv_slice key = key_any(run);
    uint64_t dice = rng_below(&run->rng, 100);

    op.key = key.data;
    op.key_size = key.size;
    if (dice < 18)
        op.kind = KV_DELETE;
    else if (dice < 28)
        op.kind = KV_TOUCH;
    if (op.kind == KV_PUT) {
        op_value(run, &op);
        op_metadata(run, &op);
    }
    if (op.kind != KV_DELETE)
        op_expiry(run, &op);
    op_condition(run, ns, &op);
    if (rng_percent(&run->rng, 1))
        op_spoil(run, &op);
    return op;
}

/* Mostly a live one; now and then one that was dropped. */
static kv_ns ns_any(struct run *run)
{
    kv_ns id = 0;

    for (int i = 0; i < 8; i++) {
        id = run->ids[rng_below(&run->rng, NAMES)];
        if (model_find(&run->subject.model, id) != NULL || rng_percent(&run->rng, 2))
            break;
    }
    return id;
}

/* ---- Actions */

static bool act_batch(struct run *run)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_op ops[BATCH_MAX + 1];
    kv_ns ns = ns_any(run);
    size_t count = (size_t)rng_between(&run->rng, 1, rng_percent(&run->rng, 40) ? 5 : BATCH_MAX);

    for (size_t i = 0; i < count; i++) {
        ops[i] = op_any(run, ns);
        if (i > 0 && rng_percent(&run->rng, 15)) { /* A duplicate. */
            const kv_op *twin = &ops[rng_below(&run->rng, i)];

            ops[i].key = twin->key;
            ops[i].key_size = twin->key_size;
        }
    }
    if (rng_percent(&run->rng, 50))
        options.limits.batch_size_max = (uint64_t)20 << 20;
    if (rng_percent(&run->rng, 2))
        options.limits.batch_size_max = rng_between(&run->rng, 1, 5000);
    if (rng_percent(&run->rng, 2))
        options.limits.batch_count_max = (uint32_t)rng_between(&run->rng, 1, BATCH_MAX);
    if (rng_percent(&run->rng, 2))
        options.limits.value_size_max = rng_between(&run->rng, 1, 3000);
    if (rng_percent(&run->rng, 20))
        return subject_commit(&run->subject, ns, ops, count, &options);
    return subject_batch(&run->subject, ns, ops, count, &options);
}

static bool act_put(struct run *run)
{
    kv_ns ns = ns_any(run);
    kv_op op = op_any(run, ns);

    return subject_put(&run->subject, ns, &op);
}

static bool act_delete(struct run *run)
{
    kv_slice key = key_any(run);

    return subject_delete(&run->subject, ns_any(run), key.data, key.size);
}

static bool act_read(struct run *run)
{
    kv_slice key = key_any(run);

    return subject_read(&run->subject, ns_any(run), key.data, key.size,
                        (enum subject_read)rng_below(&run->rng, SUBJECT_READ_KINDS));
}

static bool act_get_many(struct run *run)
{
    kv_slice keys[20];
    size_t count = (size_t)rng_between(&run->rng, 1, 20);

    for (size_t i = 0; i < count; i++)
        keys[i] = key_any(run);
    return subject_get_many(&run->subject, ns_any(run), keys, count,
                            rng_percent(&run->rng, 70) ? 0
                                                       : (size_t)rng_between(&run->rng, 1, 100000));
}

static kv_slice prefix_any(struct run *run)
{
    kv_slice key = {NULL, 0};

    if (rng_percent(&run->rng, 40))
        return key;
    key = rng_percent(&run->rng, 97) ? key_good(run) : (kv_slice){"a b", 3};
    if (key.size != 3)
        key.size = (size_t)rng_between(&run->rng, 0, key.size);
    return key;
}

static kv_list_options list_options_any(struct run *run)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;

    options.prefix = prefix_any(run);
    if (rng_percent(&run->rng, 40))
        options.after = key_good(run);
    options.flags = (uint32_t)rng_below(&run->rng, 16);
    if ((options.flags & KV_LIST_VALUES) != 0)
        options.flags &= ~(uint32_t)KV_LIST_KEYS_ONLY;
    if (rng_percent(&run->rng, 30))
        options.skip = rng_below(&run->rng, 30);
    if (rng_percent(&run->rng, 3)) {
        options.skip_max = 10;
        options.prefix.size = 0; /* One fault at a time. */
    }
    return options;
}

static bool act_list(struct run *run)
{
    kv_list_options options = list_options_any(run);
    size_t limit = rng_percent(&run->rng, 50) ? 0 : (size_t)rng_between(&run->rng, 1, 20);

    return subject_list(&run->subject, ns_any(run), &options, limit);
}

static bool act_count(struct run *run)
{
    return subject_count(&run->subject, ns_any(run), prefix_any(run));
}

static bool act_advance(struct run *run)
{
    /* Now and then so far that much is due at once. */
    subject_advance(&run->subject,
                    (int64_t)rng_between(&run->rng, 1, rng_percent(&run->rng, 90) ? 25 : 300));
    return true;
}

static bool act_sweep(struct run *run)
{
    if (!subject_sweep(&run->subject))
        return false;
    /* With nothing left that could come back to life the clock may also go back. */
    if (rng_percent(&run->rng, 20))
        subject_advance(&run->subject, -(int64_t)rng_between(&run->rng, 1, 20));
    return true;
}

static void thaw(struct run *run)
{
    kv_snapshot_end(run->frozen);
    run->frozen = NULL;
    model_namespace_free(&run->frozen_space);
}

static bool act_reopen(struct run *run)
{
    if (run->frozen != NULL)
        thaw(run);
    return subject_reopen(&run->subject,
                          rng_percent(&run->rng, 50) ? KV_SYNC_FULL : KV_SYNC_LAZY) &&
           subject_everything(&run->subject);
}

/* Take a snapshot, and some time later find everything in it as it was. */
static bool act_freeze(struct run *run)
{
    kv_list_options options = list_options_any(run);
    const struct model_namespace *space;
    bool same;

    if (run->frozen != NULL) {
        options.flags &= ~(uint32_t)KV_LIST_RENEW;
        same = subject_list_snapshot(&run->subject, run->frozen, &run->frozen_space, &options, 0);
        thaw(run);
        return same;
    }
    space = model_find(&run->subject.model, ns_any(run));
    if (space == NULL)
        return true;
    run->frozen_space = model_namespace_copy(space);
    return kv_snapshot_begin(run->subject.db, &run->frozen) == KV_OK;
}

static uint64_t capacity_any(struct run *run)
{
    switch (rng_below(&run->rng, 4)) {
    case 0:
        return KV_CAPACITY_UNLIMITED;
    case 1:
        return rng_between(&run->rng, 1000, 20000);
    case 2:
        return rng_between(&run->rng, 20000, 500000);
    default:
        return KV_NAMESPACE_CAPACITY_DEFAULT;
    }
}

static bool act_namespace_create(struct run *run)
{
    static const char *const names[NAMES] = {"main", "Site-2", "logs_3", "x", "Y0", "quota"};
    static const kv_slice bad[] = {{"", 0}, {"a/b", 3}, {"a b", 3}, {"\xC3\xA9", 2}};
    uint64_t which = rng_below(&run->rng, NAMES);
    char name[KV_NAMESPACE_NAME_MAX + 1];
    kv_ns id;

    if (rng_percent(&run->rng, 10)) {
        kv_slice wrong = bad[rng_below(&run->rng, sizeof(bad) / sizeof(bad[0]))];

        return subject_namespace_create(&run->subject, wrong.data, wrong.size, &id);
    }
    (void)snprintf(name, sizeof(name), "%s", names[which]);
    if (rng_percent(&run->rng, 30))
        name[0] = (char)(name[0] ^ 0x20); /* The other case: the same name. */
    if (!subject_namespace_create(&run->subject, name, strlen(name), &id))
        return false;
    if (id == 0)
        return true;
    run->ids[which] = id;
    return subject_namespace_set(&run->subject, id, capacity_any(run), NULL, 0);
}

static bool act_namespace(struct run *run)
{
    uint64_t dice = rng_below(&run->rng, 100);
    char text[100];

    if (dice < 10)
        return subject_namespace_drop(&run->subject, ns_any(run));
    if (dice < 40)
        return subject_namespace_set(&run->subject, ns_any(run), capacity_any(run), NULL, 0);
    if (dice < 50) {
        rng_fill_text(&run->rng, text, sizeof(text));
        return subject_namespace_set(&run->subject, ns_any(run), 0, text,
                                     (size_t)rng_below(&run->rng, sizeof(text)));
    }
    if (dice < 60)
        return subject_namespaces(&run->subject);
    return act_namespace_create(run);
}

static bool act_settings(struct run *run)
{
    static const uint64_t kept[] = {0, 1500, 20000, KV_CHANGES_BYTES_DEFAULT};
    kv_settings settings = KV_SETTINGS_INIT;

    if (run->flavour == 0) /* Here the log must never lose anything. */
        return true;
    settings.namespaces_max = 5;
    settings.changes_bytes_max = kept[rng_below(&run->rng, 4)];
    settings.changes_age_max_s = rng_percent(&run->rng, 30) ? 30 : 0;
    return subject_settings_set(&run->subject, &settings);
}

static bool act_changes(struct run *run)
{
    return subject_changes(&run->subject);
}

static const struct action {
    unsigned weight;
    bool (*run)(struct run *run);
} actions[] = {
    {300, act_batch},   {110, act_put},    {50, act_delete},    {260, act_read},
    {50, act_get_many}, {70, act_list},    {30, act_count},     {50, act_advance},
    {8, act_sweep},     {3, act_reopen},   {20, act_namespace}, {20, act_changes},
    {10, act_freeze},   {3, act_settings},
};

static bool act(struct run *run)
{
    uint64_t sum = 0, dice;

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        sum += actions[i].weight;
    dice = rng_below(&run->rng, sum);
    run->arena_used = 0;
    run->actions++;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (dice < actions[i].weight)
            return actions[i].run(run);
        dice -= actions[i].weight;
    }
    return true;
}

/* ---- One seed */

static bool run_begin(struct run *run, const char *path)
{
    static const uint64_t kept[] = {KV_CHANGES_BYTES_DEFAULT, 1500, 0, 30000};
    kv_settings settings = KV_SETTINGS_INIT;
    kv_ns id;

    settings.changes_bytes_max = kept[run->flavour];
    settings.namespaces_max = 5;
    if (!subject_open(&run->subject, path, &settings))
        return false;
    if (!subject_namespace_create(&run->subject, "main", 4, &id))
        return false;
    run->ids[0] = id;
    if (!subject_namespace_create(&run->subject, "quota", 5, &id))
        return false;
    run->ids[NAMES - 1] = id;
    return subject_namespace_set(&run->subject, id, 8000, NULL, 0);
}

static bool run_steps(struct run *run, const char *path)
{
    uint64_t most = (uint64_t)OPERATIONS_PER_SEED * scale_percent() / 100;

    if (!run_begin(run, path))
        return false;
    while (run->subject.operations < most)
        if (!act(run))
            return false;
    if (run->frozen != NULL)
        thaw(run);
    return subject_everything(&run->subject) && subject_sweep(&run->subject) &&
           subject_everything(&run->subject) && subject_reopen(&run->subject, KV_SYNC_FULL) &&
           subject_everything(&run->subject);
}

static void totals_add(const struct subject *subject)
{
    total_operations += subject->operations;
    total_flags |= subject->verdict_flags;
    for (size_t i = 0; i < SUBJECT_STATUS_COUNT; i++) {
        total_seen[i] += subject->seen[i];
        total_verdicts[i] += subject->verdicts[i];
    }
}

static void test_seed(void **state)
{
    uint64_t seed = *(const uint64_t *)*state;
    char root[TEMPDIR_PATH_MAX], path[TEMPDIR_PATH_MAX], difference[1200] = "";
    struct run *run = calloc(1, sizeof(*run));

    assert_non_null(run);
    assert_int_equal(tempdir_make(root), 0);
    tempdir_join(path, root, "store");
    run->rng.state = seed;
    run->flavour = (unsigned)(seed % 4);
    run->arena = malloc(ARENA_SIZE);
    assert_non_null(run->arena);
    memset(run->arena, 'a', ARENA_SIZE);
    if (!run_steps(run, path))
        (void)snprintf(difference, sizeof(difference),
                       "seed %" PRIu64 ", action %" PRIu64 ", operation %" PRIu64 ": %s", seed,
                       run->actions, run->subject.operations, run->subject.difference);
    if (run->frozen != NULL)
        thaw(run);
    totals_add(&run->subject);
    subject_close(&run->subject);
    if (difference[0] == '\0' && support_recount(path) != 0)
        (void)snprintf(difference, sizeof(difference), "seed %" PRIu64 ": the recount differs",
                       seed);
    free(run->arena);
    free(run);
    tempdir_remove(root);
    if (difference[0] != '\0')
        fail_msg("%s", difference);
}

/* ---- What all seeds together must have met */

static void require_seen(const char *what, const uint64_t *counts, const kv_status *statuses,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (counts[statuses[i]] == 0)
            fail_msg("no seed met the %s %s", what, kv_status_name(statuses[i]));
}

static void test_all_seen(void **state)
{
    static const kv_status verdicts[] = {
        KV_OK,
        KV_INVALID,
        KV_KEY_MALFORMED,
        KV_KEY_TOO_LONG,
        KV_VALUE_TOO_LONG,
        KV_METADATA_TOO_LONG,
        KV_EXPIRY_INVALID,
        KV_VERSION_MISMATCH,
        KV_NOT_FOUND,
        KV_NAMESPACE_FULL,
    };
    static const kv_status statuses[] = {
        KV_OK,
        KV_NOT_FOUND,
        KV_KEY_MALFORMED,
        KV_KEY_TOO_LONG,
        KV_TOO_MANY_KEYS,
        KV_BATCH_TOO_LARGE,
        KV_TOO_LARGE,
        KV_NAMESPACE_MALFORMED,
        KV_NAMESPACE_EXISTS,
        KV_NAMESPACE_NOT_FOUND,
        KV_NAMESPACES_FULL,
        KV_CHANGES_TRIMMED,
    };
    const uint32_t flags = KV_CREATED | KV_REPLACED | KV_WAS_ABSENT | KV_SUPERSEDED | KV_EXPIRES;

    (void)state;
    print_message("model: %" PRIu64 " operations\n", total_operations);
    for (size_t i = 0; i < SUBJECT_STATUS_COUNT; i++)
        if (total_verdicts[i] + total_seen[i] > 0)
            print_message("  %-24s %9" PRIu64 " verdicts %9" PRIu64 " answers\n",
                          kv_status_name((kv_status)i), total_verdicts[i], total_seen[i]);
    if (scale_percent() < 100 || getenv("KV_TEST_SEED") != NULL)
        return; /* Too few to ask for all. */
    assert_true(total_operations >= 200000);
    assert_int_equal(total_flags & flags, flags);
    require_seen("verdict", total_verdicts, verdicts, sizeof(verdicts) / sizeof(verdicts[0]));
    require_seen("answer", total_seen, statuses, sizeof(statuses) / sizeof(statuses[0]));
}

int main(void)
{
    static uint64_t seeds[SEED_COUNT];
    static char names[SEED_COUNT][40];
    static struct CMUnitTest tests[SEED_COUNT + 1]; /* Without a name: passed over. */
    const char *only = getenv("KV_TEST_SEED");
    size_t count = 0;

    for (size_t i = 0; i < (only != NULL ? 1 : SEED_COUNT); i++) {
        seeds[i] = only != NULL ? strtoull(only, NULL, 10) : i;
        (void)snprintf(names[i], sizeof(names[i]), "model: seed %" PRIu64, seeds[i]);
        tests[count++] = (struct CMUnitTest){
            .name = names[i], .test_func = test_seed, .initial_state = &seeds[i]};
    }
    tests[count++] =
        (struct CMUnitTest){.name = "model: every verdict was met", .test_func = test_all_seen};
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
