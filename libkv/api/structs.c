#include "api/structs.h"

#include "base/number.h"

#include <stdbool.h>
#include <string.h>

#define SIZE_MAX_SANE 65536 /* No header will ever have a struct larger than this. */
#define SNAPSHOTS_DEFAULT 256
#define SNAPSHOTS_MAX 2000 /* The reader table of all processes has 2,048 slots. */
#define QUEUE_BYTES_DEFAULT ((uint64_t)256 << 20)
#define COMPRESS_LEVEL_DEFAULT 3
#define COMPRESS_LEVEL_MAX 19
#define COMPRESS_MIN_DEFAULT 512
#define FILE_MODE_DEFAULT 0600
#define MAP_SIZE_STEP 65536                  /* Whole pages of any size that LMDB uses. */
#define MAP_SIZE_CEILING ((uint64_t)1 << 46) /* Within the address space. */

_Static_assert(sizeof(kv_options) == KVI_OPTIONS_SIZE_MIN, "as 0.1 shipped it");
_Static_assert(sizeof(kv_settings) == KVI_SETTINGS_SIZE_MIN, "as 0.1 shipped it");

static size_t struct_size(const void *given)
{
    size_t size;

    memcpy(&size, given, sizeof(size)); /* Every growing struct begins with it. */
    return size;
}

static bool size_is_sane(size_t size, size_t size_min)
{
    return size >= size_min && size <= SIZE_MAX_SANE;
}

kv_status kvi_struct_check(const void *given, size_t size_min)
{
    return given != NULL && size_is_sane(struct_size(given), size_min) ? KV_OK : KV_INVALID;
}

kv_status kvi_struct_init(void *out, size_t size, size_t size_min)
{
    if (out == NULL || !size_is_sane(size, size_min))
        return KV_INVALID;
    memset(out, 0, size);
    memcpy(out, &size, sizeof(size));
    return KV_OK;
}

kv_status kvi_struct_take(void *own, size_t own_size, const void *given, size_t size_min)
{
    const unsigned char *bytes = given;
    size_t size;

    memset(own, 0, own_size);
    memcpy(own, &own_size, sizeof(own_size));
    if (given == NULL)
        return KV_OK;
    if (kvi_struct_check(given, size_min) != KV_OK)
        return KV_INVALID;
    size = struct_size(given);
    for (size_t i = own_size; i < size; i++)
        if (bytes[i] != 0)
            return KV_UNSUPPORTED;
    memcpy(own, given, kvi_number_least(size, own_size));
    if (size > own_size)
        memcpy(own, &own_size, sizeof(own_size));
    return KV_OK;
}

void kvi_struct_give(void *given, const void *own, size_t own_size)
{
    size_t size = struct_size(given);

    memcpy(given, own, kvi_number_least(size, own_size));
    memcpy(given, &size, sizeof(size));
}

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
    return value != 0 ? value : fallback;
}

kv_status kvi_limits_take(kv_limits *own, const kv_limits *given, const kv_limits *defaults)
{
    own->value_size_max = or_default(given->value_size_max, defaults->value_size_max);
    own->batch_size_max = or_default(given->batch_size_max, defaults->batch_size_max);
    own->batch_count_max =
        given->batch_count_max != 0 ? given->batch_count_max : defaults->batch_count_max;
    own->reserved = 0;
    if (given->reserved != 0 || own->value_size_max > KV_VALUE_SIZE_CEILING ||
        own->batch_size_max > KV_BATCH_SIZE_CEILING ||
        own->batch_count_max > KV_BATCH_COUNT_CEILING)
        return KV_INVALID;
    return KV_OK;
}

static bool options_are_sane(const kv_options *o)
{
    return o->mode <= KV_OPEN_SEALED && o->sync <= KV_SYNC_LAZY && o->file_mode <= 0777 &&
           (o->file_mode & 0600) == 0600 && o->snapshots_max <= SNAPSHOTS_MAX &&
           o->compress_level >= 1 && o->compress_level <= COMPRESS_LEVEL_MAX &&
           (o->flags & ~(uint32_t)(KV_CREATE | KV_UNTRUSTED)) == 0;
}

kv_status kvi_options_take(kv_options *own, const kv_options *given)
{
    static const kv_limits defaults = {KV_VALUE_SIZE_DEFAULT, KV_BATCH_SIZE_DEFAULT,
                                       KV_BATCH_COUNT_DEFAULT, 0};
    kv_limits limits;
    kv_status status = kvi_struct_take(own, sizeof(*own), given, KVI_OPTIONS_SIZE_MIN);

    if (status != KV_OK)
        return status;
    own->size = sizeof(*own);
    if (own->file_mode == 0)
        own->file_mode = FILE_MODE_DEFAULT;
    if (own->snapshots_max == 0)
        own->snapshots_max = SNAPSHOTS_DEFAULT;
    own->queue_bytes_max = or_default(own->queue_bytes_max, QUEUE_BYTES_DEFAULT);
    if (own->compress_level == 0)
        own->compress_level = COMPRESS_LEVEL_DEFAULT;
    if (own->compress_min == 0)
        own->compress_min = COMPRESS_MIN_DEFAULT;
    status = kvi_limits_take(&limits, &own->limits, &defaults);
    own->limits = limits;
    if (status != KV_OK || !options_are_sane(own))
        return KV_INVALID;
    return KV_OK;
}

/* 0 stays: the default, or the size there is. */
static kv_status map_size_take(uint64_t *size)
{
    if (*size == 0)
        return KV_OK;
    if (*size < KV_MAP_SIZE_MIN || *size > MAP_SIZE_CEILING)
        return KV_INVALID;
    *size = (*size + MAP_SIZE_STEP - 1) / MAP_SIZE_STEP * MAP_SIZE_STEP;
    return KV_OK;
}

/* How much of the log is kept. False: what is said contradicts itself, or is not known. */
static bool settings_changes_take(kv_settings *own)
{
    bool is_bounded = own->changes_bytes_max != 0 || own->changes_age_max_s != 0;

    if ((own->flags & ~(uint32_t)KV_SETTINGS_NO_CHANGES) != 0 || own->changes_age_max_s < 0)
        return false;
    if ((own->flags & KV_SETTINGS_NO_CHANGES) != 0)
        return !is_bounded;
    if (!is_bounded)
        own->changes_bytes_max = KV_CHANGES_BYTES_DEFAULT;
    return true;
}

kv_status kvi_settings_take(kv_settings *own, const kv_settings *given)
{
    kv_status status = kvi_struct_take(own, sizeof(*own), given, KVI_SETTINGS_SIZE_MIN);

    if (status != KV_OK)
        return status;
    own->size = sizeof(*own);
    if (!settings_changes_take(own))
        return KV_INVALID;
    own->namespace_capacity_default =
        or_default(own->namespace_capacity_default, KV_NAMESPACE_CAPACITY_DEFAULT);
    if (own->namespaces_max == 0)
        own->namespaces_max = KV_NAMESPACES_DEFAULT;
    return map_size_take(&own->map_size_max);
}
