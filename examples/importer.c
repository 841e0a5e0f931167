/*
 * An importer of one's own: lines "key<TAB>value" go into a namespace in batches of bounded size,
 * and what failed is counted by status.
 *
 *     importer DIRECTORY [FILE]      without FILE a small built-in sample
 *
 * Exit status: 0, or 2 if some lines failed (in the sample it is known how many), or 1 if the store
 * or the file failed.
 */
#include <kv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define BATCH_COUNT 1000
#define BATCH_BYTES (1u << 20) /* Of lines: memory stays this small whatever the file. */
#define STATUSES 64            /* Room for codes of later versions. */

static const char sample[] = "home\t<h1>Home</h1>\n"
                             "about\tWho we are\n"
                             "home\t<h1>Home, again: the last one wins</h1>\n"
                             "bad key\ta key with a space\n"
                             "\tno key\n"
                             "a line without a tab\n"
                             "caf\xE9\tLatin-1, not UTF-8\n"
                             "caf\xC3\xA9\tUTF-8\n"
                             "empty\t\n";
#define SAMPLE_FAULTS 4

typedef struct import {
    kv_db *db;
    kv_ns ns;
    kv_op ops[BATCH_COUNT];
    kv_verdict verdicts[BATCH_COUNT];
    char bytes[BATCH_BYTES]; /* The lines of the batch. */
    size_t count, used;
    unsigned long lines, batches, failed, without_tab, by_status[STATUSES];
} import;

static void check(kv_status status, const char *what)
{
    if (status == KV_OK)
        return;
    fprintf(stderr, "importer: %s: %s (%s)\n", what, kv_strerror(status), kv_status_name(status));
    exit(1);
}

static void import_count(import *im, kv_status status)
{
    im->failed += status != KV_OK;
    im->by_status[status >= 0 && status < STATUSES - 1 ? status : STATUSES - 1]++;
}

/* Write what has gathered. Faults of single pairs are counted; a fault of the store stops us. */
static void import_flush(import *im)
{
    if (im->count == 0)
        return;
    check(kv_batch(im->db, im->ns, im->ops, im->count, NULL, im->verdicts, NULL), "write a batch");
    for (size_t i = 0; i < im->count; i++)
        import_count(im, im->verdicts[i].status);
    im->batches++;
    im->count = im->used = 0;
}

static kv_op import_op(char *line, size_t size)
{
    char *tab = memchr(line, '\t', size);
    kv_op op = {.key = line, .key_size = (size_t)(tab - line), .value = tab + 1};

    op.value_size = size - op.key_size - 1;
    return op;
}

static void import_line(import *im, char *line, size_t size)
{
    im->lines++;
    if (memchr(line, '\t', size) == NULL) {
        im->without_tab++;
        im->failed++;
        return;
    }
    if (im->count == BATCH_COUNT || size > BATCH_BYTES - im->used)
        import_flush(im);
    if (size > BATCH_BYTES) { /* Longer than a batch of ours: alone, straight from the line. */
        im->ops[im->count++] = import_op(line, size);
        import_flush(im);
        return;
    }
    memcpy(im->bytes + im->used, line, size);
    im->ops[im->count++] = import_op(im->bytes + im->used, size);
    im->used += size;
}

/* The namespace, which may be there from an import before. */
static kv_ns import_namespace(kv_db *db)
{
    kv_snapshot *snapshot = NULL;
    kv_ns ns = 0;
    kv_status status = kv_namespace_create(db, "import", 6, &ns);

    if (status != KV_NAMESPACE_EXISTS) {
        check(status, "create the namespace \"import\"");
        return ns;
    }
    check(kv_snapshot_begin(db, &snapshot), "begin a snapshot");
    check(kv_namespace_find(snapshot, "import", 6, &ns), "find the namespace");
    kv_snapshot_end(snapshot);
    return ns;
}

static void import_report(const import *im)
{
    printf("%lu lines in %lu batches\n", im->lines, im->batches);
    for (int i = 0; i < STATUSES; i++)
        if (im->by_status[i] > 0)
            printf("%8lu  %-20s %s\n", im->by_status[i], kv_status_name(i), kv_strerror(i));
    if (im->without_tab > 0)
        printf("%8lu  %-20s %s\n", im->without_tab, "(no tab)", "the line was passed over");
}

int main(int argc, char **argv)
{
    kv_options options = KV_OPTIONS_INIT;
    kv_error error = KV_ERROR_INIT;
    static import im; /* Too large for a stack. */
    size_t room = 0;
    char *line = NULL;
    ssize_t size;
    FILE *in;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: importer DIRECTORY [FILE]\n");
        return 64;
    }
    in = argc == 3 ? fopen(argv[2], "r") : fmemopen((void *)sample, sizeof(sample) - 1, "r");
    if (in == NULL) {
        perror(argc == 3 ? argv[2] : "importer");
        return 1;
    }
    options.flags = KV_CREATE;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING; /* Ours is BATCH_BYTES, or one line. */
    if (kv_open(argv[1], &options, NULL, &im.db, &error) != KV_OK) {
        fprintf(stderr, "importer: %s\n", error.message);
        return 1;
    }
    im.ns = import_namespace(im.db);
    while ((size = getline(&line, &room, in)) >= 0) {
        if (size > 0 && line[size - 1] == '\n')
            size--;
        import_line(&im, line, (size_t)size);
    }
    check(ferror(in) ? KV_IO : KV_OK, "read");
    import_flush(&im);
    import_report(&im);
    kv_close(im.db);
    (void)fclose(in);
    free(line);
    if (argc == 2)
        return im.failed == SAMPLE_FAULTS ? 0 : 2;
    return im.failed == 0 ? 0 : 2;
}
