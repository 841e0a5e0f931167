/*
 * One kv_batch() with good pairs and every fault that a pair can have: the good ones are written,
 * in one transaction, and each bad one gets its own verdict.
 *
 *     batch DIRECTORY      a fresh directory, or one that is not there yet
 */
#include <kv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 1000000 /* Of the namespace, in bytes: two large values do not fit. */
#define LARGE 600000
#define TOO_LONG 2000001 /* One byte more than a value may have. */

/* Say what failed, and stop: an example has nobody to hand a status to. */
static void check(kv_status status, const char *what)
{
    if (status == KV_OK)
        return;
    fprintf(stderr, "batch: %s: %s (%s)\n", what, kv_strerror(status), kv_status_name(status));
    exit(1);
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    check(memory != NULL ? KV_OK : KV_NO_MEMORY, "allocate");
    return memory;
}

static kv_op put(const char *key, const char *value)
{
    kv_op op = {.key = key, .key_size = strlen(key), .value = value, .value_size = strlen(value)};

    return op;
}

/* The front of a key, with what a terminal cannot show as \xNN. */
static void print_key(const kv_op *op)
{
    const unsigned char *key = op->key;
    char text[32] = "(empty)";
    size_t at = 0, used = 0;

    for (; at < op->key_size && used < 16; at++) {
        int size = snprintf(text + used, sizeof(text) - used,
                            key[at] > 0x20 && key[at] < 0x7F ? "%c" : "\\x%02X", key[at]);
        used += (size_t)size;
    }
    if (at < op->key_size)
        (void)snprintf(text + used, sizeof(text) - used, "...");
    printf("%-22s", text);
}

static void print_verdict(size_t index, const kv_op *op, const kv_verdict *verdict)
{
    printf("%3zu  ", index);
    print_key(op);
    printf(" %-22s", kv_status_name(verdict->status));
    if (verdict->version != 0)
        printf(" %7llu", (unsigned long long)verdict->version);
    if (verdict->status == KV_VERSION_MISMATCH || verdict->status == KV_KEY_EXISTS)
        printf(" is there");
    if (verdict->flags & KV_SUPERSEDED)
        printf(" (a later one won)");
    if (verdict->flags & KV_WAS_ABSENT)
        printf(" (was absent)");
    if (verdict->status == KV_OK && op->kind == KV_ADD)
        printf(" is %lld", (long long)verdict->number);
    printf("\n");
}

/* Every pair with verdict KV_OK must read back, unless a later one took its place. */
static void read_back(kv_db *db, kv_ns ns, const kv_op *ops, const kv_verdict *verdicts,
                      size_t count)
{
    kv_snapshot *snapshot = NULL;
    kv_buf buf = {0};

    check(kv_snapshot_begin(db, &snapshot), "begin a snapshot");
    for (size_t i = 0; i < count; i++) {
        kv_slice value;
        if (verdicts[i].status != KV_OK || ops[i].kind != KV_PUT ||
            (verdicts[i].flags & KV_SUPERSEDED))
            continue;
        check(kv_get(snapshot, ns, ops[i].key, ops[i].key_size, &buf, &value), "read back");
        if (value.size != ops[i].value_size || memcmp(value.data, ops[i].value, value.size) != 0)
            check(KV_CORRUPT, "compare what was read back");
    }
    kv_snapshot_end(snapshot);
    kv_buf_free(&buf);
}

/* What the batch is made of: an operation, and the verdict that it should get. */
typedef struct demo {
    kv_op ops[18];
    kv_status want[18];
    size_t count;
    char *long_key, *long_value, *large;
} demo;

static kv_op *add(demo *d, const char *key, const char *value, kv_status want)
{
    d->want[d->count] = want;
    d->ops[d->count] = put(key, value);
    return &d->ops[d->count++];
}

static void add_keys(demo *d, uint64_t welcome_version)
{
    kv_op *op;

    add(d, "index.html", "<h1>Good</h1>", KV_OK);
    op = add(d, "ticket", "gone in an hour", KV_OK);
    op->flags = KV_OP_TTL;
    op->ttl_s = 3600;
    add(d, d->long_key, "a key of 513 bytes", KV_KEY_TOO_LONG);
    add(d, "two words", "a key with a space", KV_KEY_MALFORMED);
    add(d, "caf\xE9", "a key in Latin-1, not UTF-8", KV_KEY_MALFORMED);
    add(d, "", "no key", KV_KEY_MALFORMED);
    add(d, "counter", "1", KV_OK); /* A duplicate: as if put in order, so the last one stays. */
    add(d, "counter", "2", KV_OK);
    op = add(d, "welcome", "only over another version", KV_VERSION_MISMATCH);
    op->flags = KV_OP_IF_VERSION;
    op->if_version = welcome_version + 1000;
    op = add(d, "welcome", "only if it is not there", KV_KEY_EXISTS);
    op->flags = KV_OP_IF_ABSENT;
    op = add(d, "counter", "", KV_OK); /* 2 and 40. */
    op->kind = KV_ADD;
    op->addend = 40;
    op = add(d, "nothing", "", KV_OK); /* Deleting what is not there succeeds, and says so. */
    op->kind = KV_DELETE;
}

static void add_times_and_sizes(demo *d)
{
    kv_op *op;

    op = add(d, "yesterday", "a deadline in the past", KV_EXPIRY_INVALID);
    op->flags = KV_OP_EXPIRES_AT;
    op->expires_at = 1600000000;
    op = add(d, "backwards", "a negative TTL", KV_EXPIRY_INVALID);
    op->flags = KV_OP_TTL;
    op->ttl_s = -1;
    op = add(d, "film.mp4", "", KV_VALUE_TOO_LONG);
    op->value = d->long_value;
    op->value_size = TOO_LONG;
    op = add(d, "large-1", "", KV_OK);
    op->value = d->large;
    op->value_size = LARGE;
    op = add(d, "large-2", "", KV_NAMESPACE_FULL); /* Would exceed the capacity. */
    op->value = d->large;
    op->value_size = LARGE;
    add(d, "small", "fits behind the one that did not", KV_OK);
}

static void print_report(const kv_report *report)
{
    printf("%llu written, %llu failed (the first is #%llu); one transaction, changes %llu to "
           "%llu\n",
           (unsigned long long)report->written, (unsigned long long)report->failed,
           (unsigned long long)report->first_failed, (unsigned long long)report->sequence_first,
           (unsigned long long)report->sequence_last);
    printf("%llu bytes given, %llu after compression; prepare %llu us, wait %llu us, apply %llu "
           "us, sync %llu us\n",
           (unsigned long long)report->bytes_given, (unsigned long long)report->bytes_stored,
           (unsigned long long)report->prepare_us, (unsigned long long)report->wait_us,
           (unsigned long long)report->apply_us, (unsigned long long)report->sync_us);
}

static void run(kv_db *db, kv_ns ns, demo *d)
{
    kv_op welcome = put("welcome", "hello");
    kv_report report = KV_REPORT_INIT;
    kv_verdict verdicts[18];

    check(kv_put(db, ns, &welcome, verdicts), "put the first key");
    add_keys(d, verdicts[0].version);
    add_times_and_sizes(d);
    check(kv_batch(db, ns, d->ops, d->count, NULL, verdicts, &report), "write the batch");

    printf("  #  %-22s %-22s version\n", "key", "verdict");
    for (size_t i = 0; i < d->count; i++)
        print_verdict(i, &d->ops[i], &verdicts[i]);
    print_report(&report);
    for (size_t i = 0; i < d->count; i++)
        if (verdicts[i].status != d->want[i]) {
            fprintf(stderr, "batch: #%zu should be %s\n", i, kv_status_name(d->want[i]));
            exit(1);
        }
    read_back(db, ns, d->ops, verdicts, d->count);
    printf("Every good pair reads back.\n");
}

int main(int argc, char **argv)
{
    kv_options options = KV_OPTIONS_INIT;
    kv_error error = KV_ERROR_INIT;
    demo d = {.count = 0};
    kv_db *db = NULL;
    kv_ns ns = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: batch DIRECTORY\n");
        return 64;
    }
    options.flags = KV_CREATE;
    if (kv_open(argv[1], &options, NULL, &db, &error) != KV_OK) {
        fprintf(stderr, "batch: %s\n", error.message);
        return 1;
    }
    check(kv_namespace_create(db, "demo", 4, &ns), "create the namespace \"demo\"");
    check(kv_namespace_set(db, ns, CAPACITY, NULL, 0), "set its capacity");
    d.long_key = allocate(514);
    d.long_value = allocate(TOO_LONG);
    d.large = allocate(LARGE);
    memset(d.long_key, 'k', 513);
    run(db, ns, &d);
    kv_close(db);
    free(d.long_key);
    free(d.long_value);
    free(d.large);
    return 0;
}
