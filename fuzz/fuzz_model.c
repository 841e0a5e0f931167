/* Every call of kv.h that writes or reads keys, lists, counts, sweeps, reads changes or reopens:
 * the input is decoded to operations, they run on a store and on the model, and every answer must
 * be the same (tests/support/subject.h).
 *
 * One store serves all inputs of the process; each has a namespace of its own and begins with the
 * same clock. Choices are read from the input's end, the bytes of keys and values from its front.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"
#include "support/subject.h"
#include "support/tempdir.h"

#define ACTIONS_MAX 64
#define BATCH_MAX 24
#define KEYS_BYTES 8192
#define INPUTS_PER_SWEEP 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *front, *end;
};

static struct subject subject;
static char root[TEMPDIR_PATH_MAX];
static unsigned char large[300000]; /* Values longer than any input. */
static unsigned char keys[KEYS_BYTES];
static size_t keys_used;

static void clean_up(void)
{
    subject_close(&subject);
    tempdir_remove(root);
}

static void differ_abort(void)
{
    (void)fprintf(stderr, "%s\n", subject.difference);
    tempdir_remove(root);
    abort();
}

static void require(bool same)
{
    if (!same)
        differ_abort();
}

static void store_open(void)
{
    char path[TEMPDIR_PATH_MAX];
    kv_settings settings = KV_SETTINGS_INIT;
    struct rng rng = {1};

    if (tempdir_make(root) != 0)
        abort();
    rng_fill(&rng, large, sizeof(large) / 2);
    rng_fill_text(&rng, large + sizeof(large) / 2, sizeof(large) / 2);
    tempdir_join(path, root, "store");
    settings.changes_bytes_max = 4u << 20;
    require(subject_open(&subject, path, &settings));
    subject.options.sync = KV_SYNC_LAZY;
    require(subject_reopen(&subject));
    (void)atexit(clean_up);
}

/* ---- Decoding */

static uint8_t choose(struct input *input)
{
    return input->end > input->front ? *--input->end : 0;
}

static kv_slice take(struct input *input, size_t size)
{
    kv_slice bytes = {input->front, size};

    if (size > (size_t)(input->end - input->front))
        bytes.size = (size_t)(input->end - input->front);
    input->front += bytes.size;
    return bytes;
}

/* A few fixed keys so that operations meet, long ones with a common start, or raw bytes. */
static kv_slice take_key(struct input *input)
{
    static const unsigned short sizes[] = {371, 372, 373, 400, 505, 511, 512, 513};
    uint8_t choice = choose(input);
    unsigned char *key = keys + keys_used;
    size_t size = choice < 128 ? 1 : sizes[choice % 8];

    if (choice >= 192)
        return take(input, choice % 16);
    if (size > KEYS_BYTES - keys_used)
        return (kv_slice){"k", 1};
    memset(key, 'm', size);
    key[size - 1] = (unsigned char)('a' + choice % 8);
    keys_used += size;
    return (kv_slice){key, size};
}

static kv_slice take_value(struct input *input)
{
    uint8_t choice = choose(input);
    size_t start;

    if (choice < 200)
        return take(input, choice % 32);
    start = (size_t)choose(input) * 1000;
    return (kv_slice){large + start, (choice % 32) * 1300};
}

static kv_op take_op(struct input *input)
{
    uint8_t choice = choose(input);
    kv_slice key = take_key(input), value = {NULL, 0};
    kv_op op = {.key = key.data, .key_size = key.size};

    op.kind = choice % 8 < 5 ? KV_PUT : choice % 8 < 7 ? KV_DELETE : choice & 8 ? KV_ADD : KV_TOUCH;
    op.flags = (uint32_t)(choice >> 4);
    if (choice == 0xFF)
        op.kind = choose(input);
    if (op.kind == KV_PUT) {
        value = take_value(input);
        op.value = value.data;
        op.value_size = value.size;
        if ((choice & 8) != 0) {
            op.metadata = large;
            op.metadata_size = (size_t)choose(input) * 5;
        }
    }
    if (op.kind == KV_ADD)
        op.addend = ((int64_t)choose(input) - 128) * (choose(input) < 240 ? 1 : INT64_MAX / 128);
    if ((op.flags & KV_OP_TTL) != 0)
        op.ttl_s = (int64_t)choose(input) - 128;
    if ((op.flags & KV_OP_EXPIRES_AT) != 0)
        op.expires_at = subject_now(&subject) + (int64_t)choose(input) - 128;
    if ((op.flags & KV_OP_IF_VERSION) != 0)
        op.if_version = subject.model.sequence - (choose(input) % 16);
    return op;
}

/* ---- Actions */

/* Up to three batches, prepared one by one and committed together. */
static bool act_group(kv_ns ns, const kv_op *ops, size_t count, size_t parts, uint32_t flags)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    struct subject_prepared batches[3];
    size_t made = 0;
    bool same = true;

    options.flags = flags;
    for (size_t from = 0; same && made < parts && from < count; made++) {
        size_t size = made + 1 == parts ? count - from : (count + parts - 1) / parts;

        if (size > count - from)
            size = count - from;
        same = subject_prepare(&subject, ns, ops + from, size, &options, &batches[made]);
        from += size;
    }
    same = same && subject_commit(&subject, batches, made);
    subject_prepared_free(batches, made);
    return same;
}

static bool act_write(struct input *input, kv_ns ns, uint8_t choice)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_op ops[BATCH_MAX];
    size_t count = 1 + choose(input) % BATCH_MAX;

    keys_used = 0;
    if (choice % 4 == 0) {
        ops[0] = take_op(input);
        return subject_put(&subject, ns, &ops[0]);
    }
    for (size_t i = 0; i < count; i++)
        ops[i] = take_op(input);
    if (choice % 4 == 1) {
        options.limits.batch_size_max = 100 * (uint64_t)choose(input);
        options.limits.value_size_max = 100 * (uint64_t)choose(input);
        options.limits.batch_count_max = choose(input) % BATCH_MAX;
    }
    if (choice % 4 == 2)
        return act_group(ns, ops, count, 1 + (choice >> 2) % 3,
                         (choice & 64) != 0 ? KV_TOGETHER : 0);
    return subject_batch(&subject, ns, ops, count, &options);
}

static bool act_read(struct input *input, kv_ns ns, uint8_t choice)
{
    kv_slice many[8];

    keys_used = 0;
    many[0] = take_key(input);
    if (choice % 8 < SUBJECT_READ_KINDS)
        return subject_read(&subject, ns, many[0].data, many[0].size,
                            (enum subject_read)(choice % 8));
    for (size_t i = 1; i < 8; i++)
        many[i] = take_key(input);
    return subject_get_many(&subject, ns, many, 8,
                            (choice & 8) != 0 ? 1000 * (size_t)choose(input) : 0);
}

static bool act_list(struct input *input, kv_ns ns, uint8_t choice)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_op ops[BATCH_MAX];
    size_t count = 0, limit;

    keys_used = 0;
    options.flags = choice % 16;
    if ((options.flags & KV_LIST_VALUES) != 0)
        options.flags &= ~(uint32_t)KV_LIST_KEYS_ONLY;
    options.prefix = take_key(input);
    options.prefix.size = options.prefix.size * (choose(input) % 5) / 4;
    if ((choice & 0x10) != 0)
        options.after = take_key(input);
    options.skip = choose(input) % 8;
    limit = choose(input) % 16;
    if (limit == 15) /* The same bytes as a bound. */
        return subject_count(&subject, ns, options.prefix, options.skip);
    if (limit != 14)
        return subject_list(&subject, ns, &options, limit);
    limit = choose(input) % 16;
    for (; count < limit; count++)
        ops[count] = take_op(input);
    return subject_list_meeting(&subject, ns, &options, limit, ops, count);
}

static bool act_seldom(struct input *input, uint8_t choice)
{
    uint8_t how = choose(input);

    switch (choice % 4) {
    case 0:
        return subject_sweep_some(&subject, 1 + how % 16, how >= 128);
    case 1:
        return subject_changes_at(&subject, 1 - (int64_t)how, 1 + how % SUBJECT_CHANGES_AT_ONCE);
    case 2:
        return how % 8 != 1 || subject_sync(&subject);
    default:
        return how != 1 || subject_reopen(&subject);
    }
}

static bool act_other(struct input *input, kv_ns ns, uint8_t choice)
{
    switch (choice % 8) {
    case 0:
        return subject_sweep(&subject);
    case 1:
        return subject_changes(&subject);
    case 2:
        return subject_namespaces(&subject) && subject_namespace_find(&subject, "INPUT", 5);
    case 3: /* Up to some 80,000 bytes, or hardly any. */
        return subject_namespace_set(&subject, ns, 1 + 20 * (uint64_t)choose(input) * choose(input),
                                     NULL, 0);
    case 4:
        return act_seldom(input, choice >> 3);
    default:
        subject_advance(&subject, choose(input) % 32);
        return true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned inputs;
    struct input input = {data, data + size};
    kv_ns ns;

    if (subject.db == NULL)
        store_open();
    require(subject_restart(&subject));
    require(subject_namespace_create(&subject, "input", 5, &ns));
    for (int i = 0; i < ACTIONS_MAX && input.end > input.front; i++) {
        uint8_t choice = choose(&input);

        if (choice < 128)
            require(act_write(&input, ns, choice));
        else if (choice < 192)
            require(act_read(&input, ns, choice));
        else if (choice < 224)
            require(act_list(&input, ns, choice));
        else
            require(act_other(&input, ns, choice));
    }
    require(subject_everything(&subject));
    require(subject_namespace_drop(&subject, ns));
    if (++inputs % INPUTS_PER_SWEEP == 0)
        require(subject_sweep(&subject));
    return 0;
}
