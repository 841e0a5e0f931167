#include "support/subject.h"

#include <stdio.h>
#include <string.h>

#include "support/agree.h"

/* ---- The store */

int64_t subject_now(struct subject *subject)
{
    return fake_clock_read(&subject->clock);
}

void subject_advance(struct subject *subject, int64_t seconds)
{
    atomic_fetch_add(&subject->clock.now, seconds);
}

/* The least that a log of these settings keeps, once it has lost something: a block goes only when
 * the others are still more than the bound. */
static uint64_t log_least(const kv_settings *settings)
{
    bool by_age = settings->changes_age_max_s != 0;

    return by_age || settings->changes_bytes_max < 4096 ? 0 : settings->changes_bytes_max - 4096;
}

static bool open_handle(struct subject *subject, const kv_settings *settings)
{
    kv_error error = KV_ERROR_INIT;
    kv_status status;

    status = kv_open(subject->path, &subject->options, settings, &subject->db, &error);
    if (status != KV_OK)
        return agree_differ(subject, "open: %s: %s", kv_status_name(status), error.message);
    return true;
}

static bool position_now(struct subject *subject, kv_position *position)
{
    kv_snapshot *snapshot;
    int64_t now = 0;
    bool ok;

    if (!agree_snapshot(subject, &snapshot))
        return false;
    ok = agree_ok(subject, "snapshot info", kv_snapshot_info(snapshot, position, &now)) &&
         agree_number(subject, "snapshot's now", (uint64_t)now, (uint64_t)subject_now(subject));
    kv_snapshot_end(snapshot);
    return ok;
}

bool subject_open(struct subject *subject, const char *path, const kv_settings *settings)
{
    kv_settings own = KV_SETTINGS_INIT;
    kv_position position;

    if (settings != NULL)
        own = *settings;
    memset(subject, 0, sizeof(*subject));
    (void)snprintf(subject->path, sizeof(subject->path), "%s", path);
    atomic_init(&subject->clock.now, FAKE_CLOCK_START);
    subject->options = (kv_options)KV_OPTIONS_INIT;
    subject->options.flags = KV_CREATE;
    subject->options.clock = fake_clock_read;
    subject->options.clock_ctx = &subject->clock;
    subject->trims = own.changes_bytes_max != KV_CHANGES_BYTES_DEFAULT;
    subject->log_least = log_least(&own);
    model_init(&subject->model, &own, 0);
    if (!open_handle(subject, &own) || !position_now(subject, &position))
        return false;
    subject->epoch = position.epoch;
    subject->model.sequence = subject->changes_seen = position.sequence;
    return true;
}

void subject_close(struct subject *subject)
{
    kv_close(subject->db);
    subject->db = NULL;
    kv_buf_free(&subject->buf);
    model_free(&subject->model);
}

bool subject_reopen(struct subject *subject)
{
    kv_position position;

    kv_close(subject->db);
    subject->db = NULL;
    subject->options.flags = 0;
    subject->model.limits = subject->options.limits;
    return open_handle(subject, NULL) && position_now(subject, &position) &&
           agree_number(subject, "epoch after reopening", position.epoch, subject->epoch) &&
           agree_number(subject, "sequence after reopening", position.sequence,
                        subject->model.sequence);
}

bool subject_sync(struct subject *subject)
{
    return agree_ok(subject, "sync", kv_sync(subject->db)) &&
           agree_ok(subject, "health", kv_health(subject->db)) && agree_sequence(subject);
}

bool subject_seal(struct subject *subject)
{
    const kv_op op = {.key = "key", .key_size = 3};

    return agree_ok(subject, "seal", kv_seal(subject->db)) &&
           agree_status(subject, "put into a sealed store", kv_put(subject->db, 1, &op, NULL),
                        KV_READ_ONLY) &&
           agree_status(subject, "namespace of a sealed store", kv_namespace_drop(subject->db, 1),
                        KV_READ_ONLY);
}

bool subject_restart(struct subject *subject)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_position position;

    atomic_store(&subject->clock.now, FAKE_CLOCK_START);
    model_free(&subject->model);
    if (!position_now(subject, &position))
        return false;
    model_init(&subject->model, &settings, position.sequence);
    subject->epoch = position.epoch;
    subject->changes_seen = position.sequence;
    subject->trims = false;
    subject->log_least = 0;
    return true;
}

/* ---- Namespaces */

bool subject_namespace_create(struct subject *subject, const char *name, size_t name_size,
                              kv_ns *id_out)
{
    kv_status want = model_name_status(&subject->model, name, name_size);
    kv_ns id = 0, highest = 0, there = 0;

    *id_out = 0;
    if (!agree_status(subject, "namespace create",
                      kv_namespace_create(subject->db, name, name_size, &id), want))
        return false;
    if (want == KV_NAMESPACE_EXISTS)
        (void)model_name_find(&subject->model, name, name_size, &there);
    if (want != KV_OK)
        return agree_number(subject, "namespace create: id", id, there);
    for (size_t i = 0; i < subject->model.namespace_count; i++)
        if (subject->model.namespaces[i].id > highest)
            highest = subject->model.namespaces[i].id;
    if (id <= highest)
        return agree_differ(subject, "namespace create: id %u was used before", id);
    model_namespace_create(&subject->model, id, name, name_size, subject_now(subject));
    *id_out = id;
    return agree_sequence(subject);
}

bool subject_namespace_set(struct subject *subject, kv_ns id, uint64_t capacity,
                           const char *description, size_t description_size)
{
    kv_status want = model_namespace_set(&subject->model, id, capacity, description,
                                         description_size, subject_now(subject));
    kv_status got = kv_namespace_set(subject->db, id, capacity, description, description_size);

    return agree_status(subject, "namespace set", got, want) && agree_sequence(subject);
}

bool subject_namespace_rename(struct subject *subject, kv_ns id, const char *name, size_t name_size,
                              bool *is_done_out)
{
    kv_status want =
        model_namespace_rename(&subject->model, id, name, name_size, subject_now(subject));

    *is_done_out = want == KV_OK;
    return agree_status(subject, "namespace rename",
                        kv_namespace_rename(subject->db, id, name, name_size), want) &&
           agree_sequence(subject);
}

bool subject_namespace_drop(struct subject *subject, kv_ns id)
{
    kv_status want = model_namespace_drop(&subject->model, id, subject_now(subject));

    return agree_status(subject, "namespace drop", kv_namespace_drop(subject->db, id), want) &&
           agree_sequence(subject);
}

bool subject_namespace_find(struct subject *subject, const char *name, size_t name_size)
{
    kv_ns found = 0, wanted = 0, alone = 0;
    kv_status want = model_name_find(&subject->model, name, name_size, &wanted);
    kv_snapshot *snapshot;
    bool ok;

    if (!agree_snapshot(subject, &snapshot))
        return false;
    ok = agree_status(subject, "find", kv_namespace_find(snapshot, name, name_size, &found), want);
    kv_snapshot_end(snapshot);
    return ok && agree_number(subject, "found id", found, wanted) &&
           agree_status(subject, "id", kv_namespace_id(subject->db, name, name_size, &alone),
                        want) &&
           agree_number(subject, "id", alone, wanted);
}

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static bool settings_agree(struct subject *subject, const kv_settings *got, const kv_settings *want)
{
    return agree_number(subject, "map_size_max", got->map_size_max, KV_MAP_SIZE_DEFAULT) &&
           agree_number(
               subject, "namespace_capacity_default", got->namespace_capacity_default,
               or_default(want->namespace_capacity_default, KV_NAMESPACE_CAPACITY_DEFAULT)) &&
           agree_number(subject, "changes_bytes_max", got->changes_bytes_max,
                        want->changes_bytes_max) &&
           agree_number(subject, "changes_age_max_s", (uint64_t)got->changes_age_max_s,
                        (uint64_t)want->changes_age_max_s) &&
           agree_number(subject, "namespaces_max", got->namespaces_max,
                        or_default(want->namespaces_max, KV_NAMESPACES_DEFAULT));
}

bool subject_settings_set(struct subject *subject, const kv_settings *settings)
{
    kv_settings back = KV_SETTINGS_INIT;
    kv_snapshot *snapshot;
    bool ok;

    if (!agree_ok(subject, "settings set", kv_settings_set(subject->db, settings)))
        return false;
    model_settings_set(&subject->model, settings, subject_now(subject));
    subject->trims = subject->trims || settings->changes_bytes_max != KV_CHANGES_BYTES_DEFAULT ||
                     settings->changes_age_max_s != 0;
    if (subject->log_least > log_least(settings))
        subject->log_least = log_least(settings);
    if (!agree_snapshot(subject, &snapshot))
        return false;
    ok = agree_ok(subject, "settings get", kv_settings_get(snapshot, &back)) &&
         settings_agree(subject, &back, settings);
    kv_snapshot_end(snapshot);
    return ok && agree_sequence(subject);
}

static bool info_agrees(struct subject *subject, const struct model_namespace *space,
                        const kv_namespace_info *info)
{
    struct model_usage live = model_usage(space, subject_now(subject), true);
    struct model_usage all = model_usage(space, subject_now(subject), false);

    return agree_number(subject, "namespace id", info->id, space->id) &&
           agree_bytes(subject, "namespace name", info->name, strlen(info->name), space->name,
                       strlen(space->name)) &&
           agree_bytes(subject, "description", info->description, strlen(info->description),
                       space->description, strlen(space->description)) &&
           agree_number(subject, "capacity", info->capacity, space->capacity) &&
           agree_number(subject, "created", (uint64_t)info->created_at,
                        (uint64_t)space->created_at) &&
           agree_between(subject, "key count", info->key_count, live.keys, all.keys) &&
           agree_between(subject, "key bytes", info->key_bytes, live.key_bytes, all.key_bytes) &&
           agree_between(subject, "value bytes", info->value_bytes, live.value_bytes,
                         all.value_bytes) &&
           agree_between(subject, "metadata bytes", info->metadata_bytes, live.metadata_bytes,
                         all.metadata_bytes) &&
           agree_between(subject, "stored bytes", info->stored_bytes, 0, all.value_bytes);
}

static bool namespace_agrees(struct subject *subject, kv_snapshot *snapshot,
                             const struct model_namespace *space)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_ns found = 0;

    if (space->dropped)
        return agree_status(subject, "describe a dropped namespace",
                            kv_namespace_describe(snapshot, space->id, &info),
                            KV_NAMESPACE_NOT_FOUND);
    return agree_ok(subject, "describe", kv_namespace_describe(snapshot, space->id, &info)) &&
           info_agrees(subject, space, &info) &&
           agree_ok(subject, "find",
                    kv_namespace_find(snapshot, space->name, strlen(space->name), &found)) &&
           agree_number(subject, "found id", found, space->id);
}

bool subject_namespaces(struct subject *subject)
{
    struct model *model = &subject->model;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_snapshot *snapshot;
    kv_ns after = 0;
    bool ok;

    if (!agree_snapshot(subject, &snapshot))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < model->namespace_count; i++) {
        /* The model's are in order of creation, so in order of the id. */
        ok = namespace_agrees(subject, snapshot, &model->namespaces[i]);
        if (!ok || model->namespaces[i].dropped)
            continue;
        ok = agree_ok(subject, "next", kv_namespace_next(snapshot, after, &info)) &&
             info_agrees(subject, &model->namespaces[i], &info);
        after = info.id;
    }
    ok = ok && agree_status(subject, "next at the end", kv_namespace_next(snapshot, after, &info),
                            KV_NOT_FOUND);
    kv_snapshot_end(snapshot);
    return ok;
}

/* ---- All of it */

/* What a full sweep leaves of the log: no more than the settings say, and not much less. */
static bool log_agrees(struct subject *subject, const kv_stats *stats)
{
    const struct model *model = &subject->model;
    const kv_settings *settings = &model->settings;
    bool off = settings->changes_bytes_max == 0 && settings->changes_age_max_s == 0;
    bool lost = model->change_count > 0 && stats->store_changes_first > model->changes[0].sequence;
    uint64_t most = settings->changes_bytes_max + 4096; /* The open block is not trimmed. */

    if (off)
        most = 0;
    else if (settings->changes_bytes_max == 0 || most < 4096)
        most = UINT64_MAX;
    return agree_between(subject, "store_changes_bytes", stats->store_changes_bytes,
                         lost ? subject->log_least : 0, most) &&
           agree_between(subject, "store_changes_first", stats->store_changes_first,
                         off ? model->sequence + 1 : 0, model->sequence + 1);
}

static bool stats_agree(struct subject *subject, const kv_stats *stats)
{
    struct model_usage sum = {0, 0, 0, 0}, one;
    uint64_t live = 0, expiring = 0;

    for (size_t i = 0; i < subject->model.namespace_count; i++) {
        const struct model_namespace *space = &subject->model.namespaces[i];

        live += !space->dropped;
        one = model_usage(space, subject_now(subject), true);
        sum.keys += one.keys;
        sum.key_bytes += one.key_bytes;
        sum.value_bytes += one.value_bytes;
        sum.metadata_bytes += one.metadata_bytes;
        for (size_t j = 0; j < space->count; j++)
            expiring += space->rows[j].expires;
    }
    return agree_number(subject, "store_namespaces", stats->store_namespaces, live) &&
           agree_number(subject, "store_namespaces_dropped", stats->store_namespaces_dropped, 0) &&
           agree_number(subject, "store_keys", stats->store_keys, sum.keys) &&
           agree_number(subject, "store_key_bytes", stats->store_key_bytes, sum.key_bytes) &&
           agree_number(subject, "store_value_bytes", stats->store_value_bytes, sum.value_bytes) &&
           agree_number(subject, "store_metadata_bytes", stats->store_metadata_bytes,
                        sum.metadata_bytes) &&
           agree_number(subject, "store_expiring", stats->store_expiring, expiring) &&
           agree_number(subject, "store_sequence", stats->store_sequence, subject->model.sequence);
}

static bool swept(struct subject *subject)
{
    kv_stats stats = KV_STATS_INIT;

    model_sweep(&subject->model, subject_now(subject));
    return subject_namespaces(subject) &&
           agree_ok(subject, "stats", kv_stats_get(subject->db, &stats)) &&
           stats_agree(subject, &stats) && log_agrees(subject, &stats) && agree_sequence(subject);
}

bool subject_sweep(struct subject *subject)
{
    kv_work work = KV_WORK_INIT;

    return agree_ok(subject, "sweep", kv_sweep(subject->db, &work)) &&
           agree_number(subject, "sweep finished", work.finished, 1) && swept(subject);
}

static int sweep_cancel(void *ctx, const kv_work *work)
{
    (void)ctx;
    (void)work;
    return 1;
}

bool subject_sweep_some(struct subject *subject, uint64_t items_max, bool cancel)
{
    kv_work work = KV_WORK_INIT;

    work.items_max = items_max;
    work.progress = cancel ? sweep_cancel : NULL;
    if (!agree_status(subject, "sweep of some", kv_sweep(subject->db, &work),
                      cancel ? KV_CANCELLED : KV_OK) ||
        !agree_between(subject, "swept items", work.items_done, 0, items_max))
        return false;
    return work.finished ? swept(subject) : agree_sequence(subject);
}

bool subject_everything(struct subject *subject)
{
    const kv_list_options all = {.size = sizeof(all), .flags = KV_LIST_VALUES};

    for (size_t i = 0; i < subject->model.namespace_count; i++)
        if (!subject_list(subject, subject->model.namespaces[i].id, &all, 0))
            return false;
    return subject_namespaces(subject) && subject_changes(subject);
}
