#include "cli/store.h"

#include "cli/failure.h"

#include <stdio.h>
#include <string.h>

static void store_log(void *ctx, int level, kv_status status, const char *message,
                      size_t message_size)
{
    (void)ctx;
    (void)status;
    if (level <= KV_LOG_WARNING)
        fprintf(stderr, "kv: %s: %.*s\n", level == KV_LOG_ERROR ? "error" : "warning",
                (int)message_size, message);
}

static int64_t store_no_time(void *ctx)
{
    (void)ctx;
    return INT64_MIN;
}

bool cli_store_is_unnamed(cli *run)
{
    if (run->store != NULL && *run->store != '\0')
        return false;
    cli_usage(run, "which store? give --store DIR, or set KV_STORE");
    return true;
}

int cli_open_failed(const cli *run, const char *what, kv_status status, const kv_error *error)
{
    const char *advice =
        status == KV_CORRUPT ? "restore it from a backup" : cli_general_advice(status);

    if (status == KV_NOT_FOUND) {
        cli_message(run, "no store at %s: make one with: kv --store %s init", run->store,
                    run->store);
        return CLI_STORE_FAILED;
    }
    cli_message(run, "cannot %s at %s: %s (%s)", what, run->store,
                error->message[0] == '\0' ? kv_strerror(status) : error->message,
                kv_status_name(status));
    if (*advice != '\0' && status != KV_READ_ONLY) /* There the message says all. */
        fprintf(stderr, "  %s\n", advice);
    return cli_exit_code(status);
}

static kv_status store_open(cli *run, uint32_t mode, uint32_t flags, const kv_settings *settings,
                            kv_error *error)
{
    kv_options options = KV_OPTIONS_INIT;

    *error = (kv_error)KV_ERROR_INIT;
    options.mode = mode;
    options.flags = flags;
    options.log = store_log;
    options.file_mode = run->file_mode;
    if (run->is_timeless)
        options.clock = store_no_time;
    return kv_open(run->store, &options, settings, &run->db, error);
}

/* What became of a commit that left it open. The handle that it was asked on is of no more use. */
static const char *store_outcome(cli *run, const uint64_t token[2])
{
    kv_error error;
    kv_status status = KV_COMMIT_UNKNOWN;

    cli_close(run);
    if (store_open(run, KV_OPEN_READ_WRITE, 0, NULL, &error) == KV_OK)
        status = kv_batch_outcome(run->db, token);
    if (status == KV_OK)
        return "asked again, the store says: it took effect";
    if (status == KV_NOT_FOUND)
        return "asked again, the store says: it did not take effect; run it again";
    return cli_general_advice(KV_COMMIT_UNKNOWN);
}

int cli_write_failed(cli *run, kv_status status, const kv_report *report, const char *format, ...)
{
    char advice[CLI_ADVICE_SIZE];
    const char *what = NULL;
    va_list arguments;
    int code;

    if (status == KV_COMMIT_UNKNOWN)
        what = store_outcome(run, report->token);
    else
        what = cli_advice(run, status, advice);
    va_start(arguments, format);
    code = cli_vfailed(run, status, what, format, arguments);
    va_end(arguments);
    if (status != KV_COMMIT_UNKNOWN)
        fputs("  nothing of it was written\n", stderr);
    return code;
}

int cli_open_read(cli *run)
{
    kv_error error;
    kv_status status = KV_OK;

    if (cli_store_is_unnamed(run))
        return CLI_USAGE;
    status = store_open(run, KV_OPEN_SEALED, 0, NULL, &error);
    run->is_sealed = status == KV_OK;
    if (status != KV_OK)
        status = store_open(run, KV_OPEN_READ_ONLY, 0, NULL, &error);
    return status == KV_OK ? CLI_DONE : cli_open_failed(run, "open the store", status, &error);
}

/* --read-only is a promise: what opens for writing or makes a store asks here first. */
static bool store_may_write(const cli *run)
{
    if (run->is_read_only)
        cli_message(run,
                    "this would write to the store, and --read-only forbids it: nothing was done");
    return !run->is_read_only;
}

int cli_open_write(cli *run)
{
    kv_error error;
    kv_status status = KV_OK;

    if (cli_store_is_unnamed(run))
        return CLI_USAGE;
    if (!store_may_write(run))
        return CLI_REFUSED;
    status = store_open(run, KV_OPEN_READ_WRITE, 0, NULL, &error);
    return status == KV_OK ? CLI_DONE : cli_open_failed(run, "open the store", status, &error);
}

int cli_set_file_mode(cli *run, uint32_t file_mode)
{
    kv_error error = KV_ERROR_INIT;
    kv_status status = kv_file_mode_set(run->db, file_mode, &error);

    if (status == KV_OK)
        return CLI_DONE;
    cli_message(run, "cannot set the permissions of %s: %s (%s)", run->store, error.message,
                kv_status_name(status));
    return cli_exit_code(status);
}

int cli_create(cli *run, const kv_settings *settings)
{
    kv_error error;
    kv_status status = KV_OK;
    bool has_tried = false;
    int code = CLI_DONE;

    if (cli_store_is_unnamed(run))
        return CLI_USAGE;
    if (!store_may_write(run))
        return CLI_REFUSED;
    status = store_open(run, KV_OPEN_READ_ONLY, 0, NULL, &error);
    if (status == KV_OK) {
        cli_message(run, "there is a store at %s already; it stays as it is", run->store);
        return CLI_REFUSED;
    }
    if (status == KV_NOT_FOUND) {
        status = store_open(run, KV_OPEN_READ_WRITE, KV_CREATE, settings, &error);
        has_tried = true;
    }
    if (status == KV_OK && run->file_mode != 0)
        code = cli_set_file_mode(run, run->file_mode);
    if (status == KV_OK && code == CLI_DONE)
        return CLI_DONE;
    if (status != KV_OK)
        code = cli_open_failed(run, has_tried ? "make a store" : "open the store", status, &error);
    cli_close(run);
    /* It may have failed behind the moment at which the store was there. */
    if (has_tried && store_open(run, KV_OPEN_READ_ONLY, 0, NULL, &error) == KV_OK)
        cli_message(run, "the store was made nevertheless, and can be used");
    return code;
}

bool cli_find_sealed(cli *run)
{
    kv_error error;

    cli_close(run);
    /* An open for writing finishes a seal that was begun. */
    return store_open(run, KV_OPEN_READ_WRITE, 0, NULL, &error) != KV_OK &&
           store_open(run, KV_OPEN_SEALED, 0, NULL, &error) == KV_OK;
}

int cli_snapshot(cli *run)
{
    kv_status status = KV_OK;

    kv_snapshot_end(run->snapshot);
    run->snapshot = NULL;
    status = kv_snapshot_begin(run->db, &run->snapshot);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "%s", run->store);
}

static int store_namespace(cli *run, const char *name, kv_ns *out)
{
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_namespace_find(run->snapshot, name, strlen(name), out);
    if (status == KV_NAMESPACE_NOT_FOUND) {
        if (run->is_sealed)
            cli_message(run, "no namespace %s in %s, which is sealed", name, run->store);
        else if (strncmp(run->command->name, "ns ", 3) == 0)
            cli_message(run, "no namespace %s in %s: kv ns ls shows those that are there", name,
                        run->store);
        else
            cli_message(run, "no namespace %s in %s: make it with: kv ns create %s", name,
                        run->store, name);
        run->has_no_namespace = true;
        return CLI_REFUSED;
    }
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "namespace %s", name);
}

int cli_open_read_namespace(cli *run, const char *name, kv_ns *out)
{
    int code = cli_open_read(run);

    return code == CLI_DONE ? store_namespace(run, name, out) : code;
}

int cli_open_write_namespace(cli *run, const char *name, kv_ns *out)
{
    int code = cli_open_write(run);

    if (code == CLI_DONE)
        code = store_namespace(run, name, out);
    kv_snapshot_end(run->snapshot);
    run->snapshot = NULL;
    return code;
}

void cli_close(cli *run)
{
    kv_snapshot_end(run->snapshot);
    kv_close(run->db);
    run->snapshot = NULL;
    run->db = NULL;
}
