/* Random operations on a store and on the model (support/model.h), every answer compared.
 *
 * Each seed is a test of its own. KV_TEST_SEED runs a single one, KV_TEST_SCALE (percent, default
 * 100) scales the number of operations. At the end every verdict that needs no fault must have been
 * seen. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kv.h"
#include "support/agree.h"
#include "support/child.h"
#include "support/faults.h"
#include "support/ops.h"
#include "support/random.h"
#include "support/recount.h"
#include "support/run.h"
#include "support/subject.h"
#include "support/tempdir.h"

#define SEED_COUNT 20
#define OPERATIONS_PER_SEED 30000
#define BATCH_MAX 60
#define NAMES 6
#define GROUP_MAX 5

struct run {
    struct subject subject;
    struct ops ops;   /* Their bytes are begun anew by each action. */
    kv_ns ids[NAMES]; /* By name; a dropped one stays until its name is used again, or goes to
                         the name that was renamed to it. */
    uint64_t actions;
    uint64_t deaths;     /* In the middle of a write. */
    kv_snapshot *frozen; /* An older snapshot, and the namespace as it was. */
    struct model_namespace frozen_space;
    unsigned flavour;
};

static uint64_t total_operations, total_deaths, total_seen[SUBJECT_STATUS_COUNT];
static uint64_t total_verdicts[SUBJECT_STATUS_COUNT];
static uint32_t total_flags;

static unsigned scale_percent(void)
{
    const char *scale = getenv("KV_TEST_SCALE");
    long percent = scale != NULL ? strtol(scale, NULL, 10) : 100;

    return percent < 1 || percent > 100000 ? 100 : (unsigned)percent;
}

/* Mostly a live one; now and then one that was dropped. */
static kv_ns ns_any(struct run *run)
{
    kv_ns id = 0;

    for (int i = 0; i < 8; i++) {
        id = run->ids[rng_below(&run->ops.rng, NAMES)];
        if (model_find(&run->subject.model, id) != NULL || rng_percent(&run->ops.rng, 2))
            break;
    }
    return id;
}

/* ---- Actions: writing */

/* Operations of one batch, some on the same key, and limits that may refuse it. */
static size_t batch_any(struct run *run, kv_ns ns, kv_op ops[BATCH_MAX], kv_write_options *options)
{
    struct rng *rng = &run->ops.rng;
    size_t count = (size_t)rng_between(rng, 1, rng_percent(rng, 40) ? 5 : BATCH_MAX);

    for (size_t i = 0; i < count; i++) {
        ops[i] = ops_any(&run->ops, ns);
        if (i > 0 && rng_percent(rng, 15)) { /* A duplicate. */
            const kv_op *twin = &ops[rng_below(rng, i)];

            ops[i].key = twin->key;
            ops[i].key_size = twin->key_size;
        }
    }
    *options = (kv_write_options)KV_WRITE_OPTIONS_INIT;
    if (rng_percent(rng, 50))
        options->limits.batch_size_max = (uint64_t)20 << 20;
    if (rng_percent(rng, 2))
        options->limits.batch_size_max = rng_between(rng, 1, 5000);
    if (rng_percent(rng, 2))
        options->limits.batch_count_max = (uint32_t)rng_between(rng, 1, BATCH_MAX);
    if (rng_percent(rng, 2))
        options->limits.value_size_max = rng_between(rng, 1, 3000);
    return rng_below(rng, 200) == 0 ? 0 : count;
}

static bool act_batch(struct run *run)
{
    kv_op ops[BATCH_MAX];
    kv_write_options options;
    kv_ns ns = ns_any(run);
    size_t count = batch_any(run, ns, ops, &options);

    return subject_batch(&run->subject, ns, ops, count, &options);
}

static bool act_put(struct run *run)
{
    kv_ns ns = ns_any(run);
    kv_op op = ops_any(&run->ops, ns);

    return subject_put(&run->subject, ns, &op);
}

static bool act_delete(struct run *run)
{
    kv_slice key = ops_key_any(&run->ops);

    return subject_delete(&run->subject, ns_any(run), key.data, key.size);
}

/* Several batches prepared, something else written, then all committed together. */
static bool act_group(struct run *run)
{
    kv_op ops[GROUP_MAX][BATCH_MAX];
    struct subject_prepared batches[GROUP_MAX];
    struct rng *rng = &run->ops.rng;
    size_t count = (size_t)rng_between(rng, 1, GROUP_MAX), made = 0;
    bool ok = true;

    while (ok && made < count) {
        kv_write_options options;
        kv_ns ns = ns_any(run);
        size_t ops_count = batch_any(run, ns, ops[made], &options);

        ok = subject_prepare(&run->subject, ns, ops[made], ops_count, &options, &batches[made]);
        made++;
    }
    if (ok && rng_percent(rng, 30))
        ok = act_put(run);
    if (ok && rng_percent(rng, 2))
        ok = subject_namespace_drop(&run->subject, ns_any(run));
    if (ok && rng_percent(rng, 90)) /* Else they are thrown away. */
        ok = subject_commit(&run->subject, batches, made);
    subject_prepared_free(batches, made);
    return ok;
}

/* ---- A process that dies */

struct death {
    struct run *run;
    const kv_op *ops;
    size_t count;
    const kv_write_options *options;
    kv_ns ns;
    bool early; /* While the pages are written, before the commit's meta page. */
};

#define DIED_EARLY 100

static void die(void *ctx)
{
    (void)ctx;
    _exit(DIED_EARLY);
}

/* In a child: write with a handle of its own, and end without closing it. */
static int death_part(void *ctx)
{
    const struct death *death = ctx;
    struct subject *subject = &death->run->subject;
    bool ok = subject_reopen(subject);

    faults_reset();
    if (death->early)
        faults_hook(FAULTS_FDATASYNC, die, NULL);
    ok = ok && subject_batch(subject, death->ns, death->ops, death->count, death->options);
    if (!ok)
        (void)fprintf(stderr, "in the child: %s\n", subject->difference);
    return ok ? 0 : 1;
}

/* Another process writes a batch and dies, with the locks or behind the commit. We go on: with
 * nothing of it or with all. */
static bool act_death(struct run *run)
{
    kv_op ops[BATCH_MAX];
    kv_write_options options;
    struct death death = {.run = run, .ops = ops, .options = &options, .ns = ns_any(run)};
    kv_verdict verdicts[BATCH_MAX];
    kv_report report;
    int number;

    death.early = rng_percent(&run->ops.rng, 60);
    death.count = batch_any(run, death.ns, ops, &options);
    number = child_run(death_part, &death);
    if (number == 0)
        (void)model_batch(&run->subject.model, death.ns, ops, death.count, &options.limits,
                          subject_now(&run->subject), verdicts, &report);
    else if (!agree_number(&run->subject, "the child's answer", (uint64_t)number, DIED_EARLY))
        return false;
    run->deaths += number == DIED_EARLY;
    return subject_everything(&run->subject);
}

/* ---- Actions: reading */

static bool act_read(struct run *run)
{
    kv_slice key = ops_key_any(&run->ops);

    return subject_read(&run->subject, ns_any(run), key.data, key.size,
                        (enum subject_read)rng_below(&run->ops.rng, SUBJECT_READ_KINDS));
}

static bool act_get_many(struct run *run)
{
    struct rng *rng = &run->ops.rng;
    kv_slice keys[20];
    size_t count = (size_t)rng_between(rng, 1, 20);
    size_t bytes_max = rng_percent(rng, 70) ? 0 : (size_t)rng_between(rng, 1, 100000);

    for (size_t i = 0; i < count; i++)
        keys[i] = ops_key_any(&run->ops);
    return subject_get_many(&run->subject, ns_any(run), keys, count, bytes_max);
}

static kv_slice prefix_any(struct run *run)
{
    kv_slice key = {NULL, 0};

    if (rng_percent(&run->ops.rng, 40))
        return key;
    key = ops_key_any(&run->ops);
    if (rng_percent(&run->ops.rng, 95))
        key.size = (size_t)rng_between(&run->ops.rng, 0, key.size);
    return key;
}

static kv_list_options list_options_any(struct run *run)
{
    struct rng *rng = &run->ops.rng;
    kv_list_options options = KV_LIST_OPTIONS_INIT;

    options.prefix = prefix_any(run);
    if (rng_percent(rng, 40))
        options.after = ops_key_any(&run->ops);
    if (rng_percent(rng, 20))
        options.end = ops_key_any(&run->ops);
    options.flags = (uint32_t)rng_below(rng, 16);
    if ((options.flags & KV_LIST_VALUES) != 0)
        options.flags &= ~(uint32_t)KV_LIST_KEYS_ONLY;
    if (rng_percent(rng, 30))
        options.skip = rng_below(rng, 30);
    if (rng_percent(rng, 3)) {
        options.skip_max = 10;
        options.prefix.size = options.after.size = options.end.size = 0; /* One fault at a time. */
    }
    return options;
}

static bool act_list(struct run *run)
{
    struct rng *rng = &run->ops.rng;
    kv_list_options options = list_options_any(run);
    size_t limit = rng_percent(rng, 50) ? 0 : (size_t)rng_between(rng, 1, 20);

    return subject_list(&run->subject, ns_any(run), &options, limit);
}

static bool act_list_meeting(struct run *run)
{
    kv_list_options options = list_options_any(run);
    kv_write_options unused;
    kv_op ops[BATCH_MAX];
    kv_ns ns = ns_any(run);
    size_t count = batch_any(run, ns, ops, &unused);

    return subject_list_meeting(&run->subject, ns, &options, rng_below(&run->ops.rng, 300), ops,
                                count);
}

static bool act_count(struct run *run)
{
    struct rng *rng = &run->ops.rng;
    uint64_t examine_max = rng_percent(rng, 50) ? 0 : rng_between(rng, 1, 100);

    return subject_count(&run->subject, ns_any(run), prefix_any(run), examine_max);
}

/* ---- Actions: time, and all the rest */

static bool act_advance(struct run *run)
{
    struct rng *rng = &run->ops.rng;

    /* Now and then so far that much is due at once. */
    subject_advance(&run->subject, (int64_t)rng_between(rng, 1, rng_percent(rng, 90) ? 25 : 300));
    return true;
}

static bool act_sweep(struct run *run)
{
    struct rng *rng = &run->ops.rng;

    if (rng_percent(rng, 60))
        return subject_sweep_some(&run->subject, rng_between(rng, 1, 40), rng_percent(rng, 20));
    if (!subject_sweep(&run->subject))
        return false;
    /* With nothing left that could come back to life the clock may also go back. */
    if (rng_percent(rng, 20))
        subject_advance(&run->subject, -(int64_t)rng_between(rng, 1, 20));
    return true;
}

static void thaw(struct run *run)
{
    kv_snapshot_end(run->frozen);
    run->frozen = NULL;
    model_namespace_free(&run->frozen_space);
}

/* Close the store and open it with other options. */
static bool act_reopen(struct run *run)
{
    static const uint32_t compressed[] = {0, 1, 100, 5000, 1u << 30};
    kv_options *options = &run->subject.options;
    struct rng *rng = &run->ops.rng;

    if (run->frozen != NULL)
        thaw(run);
    if (rng_percent(rng, 30) && !subject_sync(&run->subject))
        return false;
    options->sync = rng_percent(rng, 50) ? KV_SYNC_FULL : KV_SYNC_LAZY;
    options->compress_min = compressed[rng_below(rng, COUNT(compressed))];
    options->compress_level = (int32_t)rng_below(rng, 8);
    options->limits = (kv_limits){0, 0, 0, 0};
    if (rng_percent(rng, 20))
        options->limits.value_size_max = rng_between(rng, 1000, 3000000);
    if (rng_percent(rng, 20))
        options->limits.batch_size_max = rng_between(rng, 50000, 3000000);
    if (rng_percent(rng, 20))
        options->limits.batch_count_max = (uint32_t)rng_between(rng, 30, BATCH_MAX);
    return subject_reopen(&run->subject) && subject_sync(&run->subject) &&
           subject_everything(&run->subject);
}

static bool freeze(struct run *run)
{
    const struct model_namespace *space = model_find(&run->subject.model, ns_any(run));

    if (space == NULL)
        return true;
    run->frozen_space = model_namespace_copy(space);
    return agree_snapshot(&run->subject, &run->frozen);
}

/* Take a snapshot, and some time later find everything in it as it was; renewed, as it is. */
static bool act_freeze(struct run *run)
{
    kv_list_options options = list_options_any(run);
    const struct model_namespace *space;
    bool same;

    if (run->frozen == NULL)
        return freeze(run);
    same = subject_list_snapshot(&run->subject, run->frozen, &run->frozen_space, &options, 0);
    if (!same || rng_percent(&run->ops.rng, 30))
        return same; /* It may become older still. */
    space = model_find(&run->subject.model, ns_any(run));
    if (space != NULL && rng_percent(&run->ops.rng, 50))
        same = agree_ok(&run->subject, "renew", kv_snapshot_renew(run->frozen)) &&
               subject_list_snapshot(&run->subject, run->frozen, space, &options, 0);
    thaw(run);
    return same;
}

static uint64_t capacity_any(struct run *run)
{
    struct rng *rng = &run->ops.rng;

    switch (rng_below(rng, 4)) {
    case 0:
        return KV_CAPACITY_UNLIMITED;
    case 1:
        return rng_between(rng, 1000, 20000);
    case 2:
        return rng_between(rng, 20000, 500000);
    default:
        return KV_NAMESPACE_CAPACITY_DEFAULT;
    }
}

/* Now and then a bad one, or one in the other case: the same name. */
static kv_slice name_any(struct run *run, char name[KV_NAMESPACE_NAME_MAX + 2], size_t *which)
{
    static const char *const names[NAMES] = {"main", "Site-2", "logs_3", "x", "Y0", "quota"};
    static const kv_slice bad[] = {{"", 0}, {"a/b", 3}, {"a b", 3}, {"\xC3\xA9", 2}};
    struct rng *rng = &run->ops.rng;

    *which = (size_t)rng_below(rng, NAMES);
    if (rng_percent(rng, 10))
        return bad[rng_below(rng, COUNT(bad))];
    if (rng_percent(rng, 3)) {
        memset(name, 'n', KV_NAMESPACE_NAME_MAX + 1);
        return (kv_slice){name, KV_NAMESPACE_NAME_MAX + 1};
    }
    (void)snprintf(name, KV_NAMESPACE_NAME_MAX, "%s", names[*which]);
    if (rng_percent(rng, 30))
        name[0] = (char)(name[0] ^ 0x20);
    return (kv_slice){name, strlen(name)};
}

static bool act_namespace_create(struct run *run)
{
    char bytes[KV_NAMESPACE_NAME_MAX + 2];
    size_t which;
    kv_slice name = name_any(run, bytes, &which);
    kv_ns id;

    if (!subject_namespace_create(&run->subject, name.data, name.size, &id))
        return false;
    if (id == 0)
        return true;
    run->ids[which] = id;
    return rng_percent(&run->ops.rng, 40) ||
           subject_namespace_set(&run->subject, id, capacity_any(run), NULL, 0);
}

static bool act_namespace_set(struct run *run)
{
    struct rng *rng = &run->ops.rng;
    uint64_t capacity = rng_percent(rng, 75) ? capacity_any(run) : 0;
    char text[KV_DESCRIPTION_SIZE_MAX];
    size_t size = (size_t)rng_below(rng, rng_percent(rng, 80) ? 100 : sizeof(text) + 1);

    if (rng_percent(rng, 60))
        return subject_namespace_set(&run->subject, ns_any(run), capacity, NULL, 0);
    rng_fill_text(rng, text, sizeof(text));
    return subject_namespace_set(&run->subject, ns_any(run), capacity, text, size);
}

static bool act_namespace_rename(struct run *run)
{
    char bytes[KV_NAMESPACE_NAME_MAX + 2];
    size_t from = (size_t)rng_below(&run->ops.rng, NAMES), to;
    kv_slice name = name_any(run, bytes, &to);
    kv_ns id = run->ids[from];
    bool is_done;

    if (!subject_namespace_rename(&run->subject, id, name.data, name.size, &is_done))
        return false;
    if (is_done) {
        run->ids[from] = run->ids[to];
        run->ids[to] = id;
    }
    return true;
}

static bool act_namespace(struct run *run)
{
    uint64_t dice = rng_below(&run->ops.rng, 100);
    char bytes[KV_NAMESPACE_NAME_MAX + 2];
    size_t which;
    kv_slice name;

    if (dice < 8)
        return subject_namespace_drop(&run->subject, ns_any(run));
    if (dice < 45)
        return act_namespace_set(run);
    if (dice < 55)
        return subject_namespaces(&run->subject);
    if (dice >= 72)
        return act_namespace_create(run);
    if (dice >= 65)
        return act_namespace_rename(run);
    name = name_any(run, bytes, &which);
    return subject_namespace_find(&run->subject, name.data, name.size);
}

static bool act_settings(struct run *run)
{
    static const uint64_t kept[] = {0, 1500, 20000, KV_CHANGES_BYTES_DEFAULT};
    static const uint64_t capacities[] = {0, 30000, KV_CAPACITY_UNLIMITED};
    struct rng *rng = &run->ops.rng;
    kv_settings settings = KV_SETTINGS_INIT;

    settings.namespaces_max = (uint32_t)rng_between(rng, 3, NAMES);
    settings.namespace_capacity_default = capacities[rng_below(rng, COUNT(capacities))];
    if (run->flavour != 0) { /* In the others the log must never lose anything. */
        settings.changes_bytes_max = kept[rng_below(rng, COUNT(kept))];
        settings.changes_age_max_s = rng_percent(rng, 30) ? 30 : 0;
    }
    return subject_settings_set(&run->subject, &settings);
}

static bool act_changes(struct run *run)
{
    struct rng *rng = &run->ops.rng;
    size_t capacity = (size_t)rng_between(rng, 1, SUBJECT_CHANGES_AT_ONCE);
    int64_t offset = -(int64_t)rng_below(rng, rng_percent(rng, 50) ? 20 : 5000);

    if (rng_percent(rng, 60))
        return subject_changes(&run->subject);
    return subject_changes_at(&run->subject, rng_percent(rng, 10) ? 1 : offset, capacity);
}

static const struct action {
    unsigned weight;
    bool (*run)(struct run *run);
} actions[] = {
    {270, act_batch},       {20, act_group},     {1, act_death},     {110, act_put},
    {50, act_delete},       {260, act_read},     {50, act_get_many}, {70, act_list},
    {10, act_list_meeting}, {30, act_count},     {50, act_advance},  {14, act_sweep},
    {3, act_reopen},        {20, act_namespace}, {30, act_changes},  {20, act_freeze},
    {3, act_settings},
};

static bool act(struct run *run)
{
    uint64_t sum = 0, dice;

    for (size_t i = 0; i < COUNT(actions); i++)
        sum += actions[i].weight;
    dice = rng_below(&run->ops.rng, sum);
    run->ops.used = 0;
    run->actions++;
    for (size_t i = 0; i < COUNT(actions); i++) {
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

static bool run_sealed(struct run *run)
{
    if (!subject_seal(&run->subject) || !subject_everything(&run->subject))
        return false;
    run->subject.options.mode = KV_OPEN_SEALED;
    return subject_reopen(&run->subject) && subject_everything(&run->subject);
}

static bool run_steps(struct run *run, const char *path, uint64_t seed)
{
    uint64_t most = (uint64_t)OPERATIONS_PER_SEED * scale_percent() / 100;

    if (!run_begin(run, path))
        return false;
    while (run->subject.operations < most)
        if (!act(run))
            return false;
    if (run->frozen != NULL)
        thaw(run);
    run->subject.options.sync = KV_SYNC_FULL;
    return subject_everything(&run->subject) && subject_sweep(&run->subject) &&
           subject_everything(&run->subject) && subject_reopen(&run->subject) &&
           subject_everything(&run->subject) && (seed % 2 == 0 || run_sealed(run));
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
    ops_begin(&run->ops, &run->subject, seed);
    run->flavour = (unsigned)(seed % 4);
    if (!run_steps(run, path, seed))
        (void)snprintf(difference, sizeof(difference),
                       "seed %" PRIu64 ", action %" PRIu64 ", operation %" PRIu64 ": %s", seed,
                       run->actions, run->subject.operations, run->subject.difference);
    if (run->frozen != NULL)
        thaw(run);
    totals_add(&run->subject);
    total_deaths += run->deaths;
    subject_close(&run->subject);
    if (difference[0] == '\0' && support_recount(path) != 0)
        (void)snprintf(difference, sizeof(difference), "seed %" PRIu64 ": the recount differs",
                       seed);
    ops_end(&run->ops);
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
        KV_INVALID,
        KV_KEY_MALFORMED,
        KV_KEY_TOO_LONG,
        KV_TOO_MANY_KEYS,
        KV_BATCH_TOO_LARGE,
        KV_TOO_LARGE,
        KV_NAMESPACE_MALFORMED,
        KV_NAMESPACE_EXISTS,
        KV_NAMESPACE_NOT_FOUND,
        KV_NAMESPACES_FULL,
        KV_TIMEOUT,
        KV_READ_ONLY,
        KV_CHANGES_TRIMMED,
        KV_BUFFER_TOO_SMALL,
        KV_CANCELLED,
    };
    const uint32_t flags = KV_CREATED | KV_REPLACED | KV_WAS_ABSENT | KV_SUPERSEDED | KV_EXPIRES;

    (void)state;
    print_message("model: %" PRIu64 " operations, %" PRIu64 " processes died writing\n",
                  total_operations, total_deaths);
    for (size_t i = 0; i < SUBJECT_STATUS_COUNT; i++)
        if (total_verdicts[i] + total_seen[i] > 0)
            print_message("  %-24s %9" PRIu64 " verdicts %9" PRIu64 " answers\n",
                          kv_status_name((kv_status)i), total_verdicts[i], total_seen[i]);
    if (scale_percent() < 100 || getenv("KV_TEST_SEED") != NULL)
        return; /* Too few to ask for all. */
    assert_true(total_operations >= 200000);
    assert_int_equal(total_flags & flags, flags);
    assert_true(total_deaths > 0);
    require_seen("verdict", total_verdicts, verdicts, COUNT(verdicts));
    require_seen("answer", total_seen, statuses, COUNT(statuses));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("model: every verdict was met", test_all_seen),
    };
    static uint64_t seeds[SEED_COUNT];
    const char *only = getenv("KV_TEST_SEED");

    for (size_t i = 0; i < (only != NULL ? 1 : SEED_COUNT); i++) {
        seeds[i] = only != NULL ? strtoull(only, NULL, 10) : i;
        run_row(run_name("model: seed %" PRIu64, seeds[i]), test_seed, NULL, NULL, &seeds[i]);
    }
    run_tests(tests);
    return run_all("model");
}
