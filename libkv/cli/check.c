/* check: whether a store is sound. */
#include "cli/display.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_MAX 20 /* Faults that are printed one by one. */

enum { CHECK_ALL = 'a', CHECK_JSON = 'j' };

static const struct option check_options[] = {
    {"all", no_argument, NULL, CHECK_ALL},
    {"json", no_argument, NULL, CHECK_JSON},
    CLI_OPTIONS_COMMON,
};

/* One check, and what was found. */
typedef struct check {
    const cli *run;
    kvi_json_writer json; /* Of one fault. */
    bool is_all, is_json;
    bool is_terminal;
    uint64_t faults;
    bool is_closed;        /* The store cannot be opened at all. */
    struct timespec shown; /* When the progress was. */
} check;

static void check_clear(const check *c)
{
    if (c->is_terminal)
        fputs("\r\033[K", stderr);
}

static int check_progress(void *ctx, const kv_work *work)
{
    check *c = ctx;
    struct timespec now;
    char bar[CLI_BAR_SIZE], text[CLI_TEXT_SIZE];

    if (!c->is_terminal)
        return cli_interrupted();
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > c->shown.tv_sec || now.tv_nsec - c->shown.tv_nsec > 100000000) {
        c->shown = now;
        check_clear(c);
        fprintf(stderr, "%s  %s pages and keys", cli_bar(work->items_done, work->items_total, bar),
                cli_count_text(work->items_done, text));
    }
    return cli_interrupted();
}

static void fault_print(const kv_fault *fault)
{
    printf("%s", fault->table);
    if (fault->page != UINT64_MAX)
        printf(", page %llu", (unsigned long long)fault->page);
    if (fault->ns != 0)
        printf(", namespace %u", fault->ns);
    if (fault->key.size > 0) {
        fputs(", key ", stdout);
        cli_print_text(stdout, fault->key.data, fault->key.size, 60);
    }
    printf(": %s\n", fault->message);
}

static int fault_print_json(check *c, const kv_fault *fault)
{
    kvi_json_write_object_begin(&c->json, NULL);
    kvi_json_write_text(&c->json, "Table", (kv_slice){fault->table, strlen(fault->table)});
    if (fault->page != UINT64_MAX)
        kvi_json_write_number(&c->json, "Page", fault->page);
    if (fault->ns != 0)
        kvi_json_write_number(&c->json, "Namespace", fault->ns);
    if (fault->key.size > 0)
        kvi_json_write_text(&c->json, "Key", fault->key);
    kvi_json_write_text(&c->json, "Message", (kv_slice){fault->message, strlen(fault->message)});
    kvi_json_write_object_end(&c->json);
    return cli_print_json(c->run, &c->json, true);
}

static int check_found(void *ctx, const kv_fault *fault)
{
    check *c = ctx;

    c->is_closed |= strcmp(fault->table, "the store") == 0;
    if (c->faults++ >= SHOWN_MAX && !c->is_all && !c->is_json)
        return 0;
    check_clear(c);
    if (c->is_json)
        return fault_print_json(c, fault) != CLI_DONE || cli_output_failed();
    fault_print(fault);
    return cli_output_failed();
}

static int check_sum_up(const cli *run, const check *c, const kv_work *work)
{
    char text[CLI_TEXT_SIZE], size[CLI_TEXT_SIZE];

    if (c->is_json)
        return c->faults > 0 ? CLI_STORE_FAILED : CLI_DONE;
    if (c->faults == 0) {
        printf("%s is sound: %s pages and keys, %s of values\n", run->store,
               cli_count_text(work->items_done, text), cli_size_text(work->bytes_done, size));
        return CLI_DONE;
    }
    if (c->faults > SHOWN_MAX && !c->is_all)
        printf("... and %s more: --all shows them\n", cli_count_text(c->faults - SHOWN_MAX, text));
    cli_message(run, "%s is damaged: %s\n  restore it from a backup%s", run->store,
                cli_items_text(c->faults, "fault", "faults", text),
                c->is_closed ? "" : "; kv export may still save what can be read");
    return CLI_STORE_FAILED;
}

static int check_run_check(cli *run)
{
    check c = {.run = run, .is_terminal = isatty(STDERR_FILENO) == 1};
    kv_error error = KV_ERROR_INIT;
    kv_work work = KV_WORK_INIT;
    kv_status status;
    int option;

    while ((option = cli_option(run, check_options)) != -1) {
        if (option == '?')
            return run->exit_code;
        c.is_all |= option == CHECK_ALL;
        c.is_json |= option == CHECK_JSON;
    }
    if (cli_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    if (cli_store_is_unnamed(run))
        return CLI_USAGE;
    cli_stop_on_interrupt();
    work.progress = check_progress;
    work.ctx = &c;
    status = kv_check(run->store, 0, &work, check_found, &c, &error);
    check_clear(&c);
    kvi_json_write_free(&c.json);
    if (status == KV_OK || status == KV_CORRUPT)
        return check_sum_up(run, &c, &work);
    if (status == KV_CANCELLED) {
        cli_message(run, "stopped before the end: nothing is known of the rest");
        return CLI_STORE_FAILED;
    }
    return cli_open_failed(run, "open the store", status, &error);
}

const cli_command cli_check_commands[] = {
    {"check", "[--all] [--json]", "Check every page and every record of the store",
     "First the file, page by page and without LMDB; then every record with its checksums, and "
     "all\n"
     "tables against each other. Others may read and write meanwhile. Nothing is changed.\n"
     "\n"
     "  --all    print every fault; without it the first 20, and how many there are\n"
     "  --json   print every fault as a line of JSON, and nothing else\n"
     "\n"
     "Exit: 0 the store is sound, 4 it is damaged.\n"
     "\nExample:\n  kv check\n",
     check_run_check},
    {0},
};
