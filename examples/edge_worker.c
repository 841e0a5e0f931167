/*
 * An edge worker's read path: threads that take a snapshot for each request, in one process, while
 * another process writes to the same store. What changed late is seen through the change log.
 *
 *     edge_worker DIRECTORY      a fresh one
 *
 * The writer puts the same number into all pages, in one batch each round. A request that met two
 * numbers would have seen a torn value or half a batch.
 */
#include <kv.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGES 8
#define PAGE_SIZE 6000
#define ROUNDS 40
#define ROUND_MS 20
#define READERS 3
#define PATIENCE_MS 10000 /* For a writer that never comes. */
#define LOOK_MS 5

static const char *const page_keys[PAGES] = {"page/0", "page/1", "page/2", "page/3",
                                             "page/4", "page/5", "page/6", "page/7"};

static void check(kv_status status, const char *what)
{
    if (status == KV_OK)
        return;
    fprintf(stderr, "edge_worker: %s: %s (%s)\n", what, kv_strerror(status),
            kv_status_name(status));
    exit(1);
}

static void sleep_ms(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};

    (void)nanosleep(&pause, NULL);
}

/* NULL: there is no store, and no KV_CREATE to make one. */
static kv_db *open_store(const char *path, uint32_t flags)
{
    kv_options options = KV_OPTIONS_INIT;
    kv_error error = KV_ERROR_INIT;
    kv_db *db = NULL;
    kv_status status;

    options.flags = flags;
    status = kv_open(path, &options, NULL, &db, &error);
    if (status != KV_OK && status != KV_NOT_FOUND) {
        fprintf(stderr, "edge_worker: %s\n", error.message);
        exit(1);
    }
    return db;
}

/* ---- The writer's process */

static int run_writer(const char *path)
{
    static unsigned char values[PAGES][PAGE_SIZE];
    kv_op ops[PAGES] = {{0}}, done = {.key = "done", .key_size = 4};
    kv_db *db = open_store(path, KV_CREATE);
    kv_ns ns = 0;

    check(kv_namespace_create(db, "site", 4, &ns), "create the namespace \"site\"");
    for (int round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < PAGES; i++) {
            memset(values[i], round, PAGE_SIZE);
            ops[i].key = page_keys[i];
            ops[i].key_size = strlen(page_keys[i]);
            ops[i].value = values[i];
            ops[i].value_size = PAGE_SIZE;
        }
        check(kv_batch(db, ns, ops, PAGES, NULL, NULL, NULL), "write a round");
        sleep_ms(ROUND_MS);
    }
    check(kv_put(db, ns, &done, NULL), "say that it is done");
    kv_close(db);
    return 0;
}

/* ---- The readers' process */

typedef struct worker {
    kv_db *db;
    kv_ns ns;
    const atomic_int *stop;
    unsigned long requests, numbers; /* Handled; different numbers seen. */
} worker;

/* One request: all pages, as of one moment. Answers the number they hold, 0: none yet. */
static int serve(kv_snapshot *snapshot, kv_ns ns, kv_buf *buf)
{
    int number = 0;

    for (int i = 0; i < PAGES; i++) {
        kv_slice value;
        kv_status status = kv_get(snapshot, ns, page_keys[i], strlen(page_keys[i]), buf, &value);
        const unsigned char *bytes;
        if (status == KV_NOT_FOUND && i == 0)
            return 0;
        check(status, "read a page");
        bytes = value.data;
        if (i == 0)
            number = bytes[0];
        for (size_t at = 0; at < value.size; at++)
            if (bytes[at] != number)
                check(KV_CORRUPT, "a torn value, or half a batch");
    }
    return number;
}

static void *run_reader(void *argument)
{
    worker *w = argument;
    kv_buf buf = {0}; /* One a thread: values that are compressed are unpacked into it. */
    int last = 0;

    while (!atomic_load(w->stop)) {
        kv_snapshot *snapshot = NULL;
        int number;
        check(kv_snapshot_begin(w->db, &snapshot), "begin a request's snapshot");
        number = serve(snapshot, w->ns, &buf);
        kv_snapshot_end(snapshot); /* With the request: an old snapshot pins pages. */
        if (number < last)
            check(KV_CORRUPT, "a snapshot older than the one before");
        w->numbers += number > last;
        w->requests++;
        last = number;
    }
    kv_buf_free(&buf);
    return NULL;
}

/* The store that the writer is about to make. */
static kv_db *await_store(const char *path)
{
    kv_db *db = NULL;

    for (int waited_ms = 0; (db = open_store(path, 0)) == NULL; waited_ms += LOOK_MS) {
        check(waited_ms < PATIENCE_MS ? KV_OK : KV_NOT_FOUND, "wait for the store");
        sleep_ms(LOOK_MS);
    }
    return db;
}

/* Where the log stands, and the namespace once the writer has made it. */
static kv_ns find_namespace(kv_db *db, kv_position *position)
{
    kv_snapshot *snapshot = NULL;
    kv_ns ns = 0;
    kv_status status;

    check(kv_snapshot_begin(db, &snapshot), "begin a snapshot");
    while ((status = kv_namespace_find(snapshot, "site", 4, &ns)) == KV_NAMESPACE_NOT_FOUND) {
        check(kv_snapshot_info(snapshot, position, NULL), "ask for the position");
        check(kv_changes_wait(db, *position, PATIENCE_MS), "wait for the writer");
        check(kv_snapshot_renew(snapshot), "renew the snapshot");
    }
    check(status, "find the namespace");
    check(kv_snapshot_info(snapshot, position, NULL), "ask for the position");
    kv_snapshot_end(snapshot);
    return ns;
}

/* Follow the log to the key "done"; here a worker would drop what it has cached. */
static unsigned long follow(kv_db *db, kv_ns ns, kv_position position)
{
    kv_buf buf = {0};
    unsigned long seen = 0;
    bool is_done = false;

    while (!is_done) {
        kv_snapshot *snapshot = NULL;
        kv_change changes[64];
        size_t count = 0;
        check(kv_changes_wait(db, position, PATIENCE_MS), "wait for changes");
        check(kv_snapshot_begin(db, &snapshot), "begin a snapshot");
        check(kv_changes_read(snapshot, position, &buf, changes, 64, &count), "read changes");
        for (size_t i = 0; i < count; i++) {
            seen += changes[i].ns == ns;
            is_done = is_done || (changes[i].kind == KV_PUT && changes[i].key.size == 4 &&
                                  memcmp(changes[i].key.data, "done", 4) == 0);
            position.sequence = changes[i].sequence;
        }
        kv_snapshot_end(snapshot);
    }
    kv_buf_free(&buf);
    return seen;
}

static void run_readers(const char *path)
{
    kv_db *db = await_store(path);
    kv_position position = {0, 0};
    kv_ns ns = find_namespace(db, &position);
    atomic_int stop = 0;
    pthread_t threads[READERS];
    worker workers[READERS];
    unsigned long changes;

    for (int i = 0; i < READERS; i++) {
        workers[i] = (worker){.db = db, .ns = ns, .stop = &stop};
        if (pthread_create(&threads[i], NULL, run_reader, &workers[i]) != 0)
            check(KV_NO_MEMORY, "start a thread");
    }
    changes = follow(db, ns, position);
    atomic_store(&stop, 1);
    for (int i = 0; i < READERS; i++) {
        (void)pthread_join(threads[i], NULL);
        printf("reader %d: %lu requests of %d pages, %lu states of the site, none torn\n", i,
               workers[i].requests, PAGES, workers[i].numbers);
    }
    printf("the log told of %lu changes by the other process, up to sequence %llu\n", changes,
           (unsigned long long)kv_sequence(db));
    kv_close(db);
}

static pid_t writer; /* 0: has ended, or never began. */

/* However this process ends, the writer does not outlive it. */
static void stop_writer(void)
{
    if (writer > 0) {
        (void)kill(writer, SIGTERM);
        (void)waitpid(writer, NULL, 0);
    }
}

int main(int argc, char **argv)
{
    int writer_status = 0;
    pid_t ended;

    if (argc != 2) {
        fprintf(stderr, "usage: edge_worker DIRECTORY\n");
        return 64;
    }
    if (open_store(argv[1], 0) != NULL) {
        fprintf(stderr, "edge_worker: there is a store at %s already\n", argv[1]);
        return 1;
    }
    writer = fork(); /* Before anything is open: a handle does not survive fork(). */
    if (writer < 0) {
        perror("edge_worker: fork");
        return 1;
    }
    if (writer == 0)
        return run_writer(argv[1]);
    (void)atexit(stop_writer);
    run_readers(argv[1]);
    ended = waitpid(writer, &writer_status, 0);
    if (ended == writer)
        writer = 0;
    if (ended < 0 || writer_status != 0) {
        fprintf(stderr, "edge_worker: the writer failed\n");
        return 1;
    }
    return 0;
}
