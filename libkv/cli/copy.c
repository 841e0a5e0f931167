/* ns copy: a namespace's live keys into another one, as of one moment. */
#include "cli/entry.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/loader.h"
#include "cli/namespaces.h"
#include "cli/output.h"
#include "cli/store.h"

#include <stdio.h>
#include <string.h>

/* From where to where. */
typedef struct copy_plan {
    const char *from_name, *to_name;
    kv_ns from, to;
    bool is_into; /* Into one that may hold keys. */
} copy_plan;

/* Whether a namespace has no live key. */
static kv_status copy_is_empty(const cli *run, kv_ns ns, bool *is_empty_out)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = KV_OK;

    options.flags = KV_LIST_KEYS_ONLY;
    status = kv_list_begin(run->snapshot, ns, &options, &list);
    if (status == KV_OK)
        status = kv_list_next(list, &entry);
    *is_empty_out = status == KV_NOT_FOUND;
    kv_list_end(list);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

/* Find TO, which must hold nothing without --into, or make one like FROM. The snapshot stays: what
 * is written from now on is not in it. */
static int copy_find_to(cli *run, copy_plan *plan)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status =
        kv_namespace_find(run->snapshot, plan->to_name, strlen(plan->to_name), &plan->to);
    bool is_empty = false;

    if (status == KV_NAMESPACE_NOT_FOUND) {
        status = kv_namespace_describe(run->snapshot, plan->from, &info);
        if (status != KV_OK)
            return cli_failed(run, status, "namespace %s", plan->from_name);
        return cli_namespace_create(run, plan->to_name, info.description, info.capacity, &plan->to);
    }
    if (status == KV_OK && plan->to == plan->from)
        return cli_usage(run, "%s and %s are one namespace", plan->from_name, plan->to_name);
    if (status == KV_OK)
        status = copy_is_empty(run, plan->to, &is_empty);
    if (status != KV_OK)
        return cli_failed(run, status, "namespace %s", plan->to_name);
    if (is_empty || plan->is_into)
        return CLI_DONE;
    cli_message(run, "%s holds keys: --into writes over those that both have, and keeps the others",
                plan->to_name);
    return CLI_REFUSED;
}

static int copy_entry(cli_loader *loader, const kv_entry *entry)
{
    kv_op put = cli_entry_put(entry);

    return cli_loader_add_put(loader, &put);
}

/* Damaged keys are named, and left out. */
static int copy_keys(cli *run, const copy_plan *plan, cli_loader *loader)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = KV_OK;
    bool is_damaged = false;
    int code = CLI_DONE;

    options.flags = KV_LIST_VALUES;
    status = kv_list_begin(run->snapshot, plan->from, &options, &list);
    while (status == KV_OK && code == CLI_DONE && !cli_interrupted()) {
        status = kv_list_next(list, &entry);
        if (status != KV_OK)
            break;
        if (entry.status == KV_OK) {
            code = copy_entry(loader, &entry);
        } else {
            is_damaged = true;
            cli_failed(run, entry.status, "%.*s", (int)entry.key.size,
                       (const char *)entry.key.data);
        }
    }
    kv_list_end(list);
    if (status != KV_OK && status != KV_NOT_FOUND)
        code = cli_failed(run, status, "namespace %s", plan->from_name);
    if (code == CLI_DONE)
        code = cli_loader_finish(loader);
    return code == CLI_DONE && is_damaged ? CLI_STORE_FAILED : code;
}

static int copy_all(cli *run, copy_plan *plan)
{
    cli_loader loader;
    int code = cli_loader_start(&loader, run, KV_VALUE_SIZE_CEILING);

    loader.ignores_expired = true;
    cli_stop_on_interrupt();
    if (code == CLI_DONE)
        code = cli_loader_enter(&loader, plan->to);
    if (code == CLI_DONE) {
        code = copy_keys(run, plan, &loader);
        cli_loader_summary(&loader);
    }
    if (code == CLI_DONE && loader.tally.failed > 0)
        code = CLI_SOME_FAILED;
    if (code != CLI_DONE || cli_interrupted())
        cli_message(run, "%s does not hold all of %s; to do it again: kv ns copy %s %s --into",
                    plan->to_name, plan->from_name, plan->from_name, plan->to_name);
    cli_loader_free(&loader);
    return code;
}

static int copy_run(cli *run)
{
    static const struct option options[] = {{"into", no_argument, NULL, 'i'}, CLI_OPTIONS_COMMON};
    copy_plan plan = {0};
    char **arguments = NULL;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        plan.is_into = true;
    }
    arguments = cli_arguments(run, 2, 2, NULL);
    if (arguments == NULL)
        return run->exit_code;
    plan.from_name = arguments[0];
    plan.to_name = arguments[1];
    code = cli_open_write_namespace(run, plan.from_name, &plan.from);
    if (code != CLI_DONE)
        return run->has_no_namespace ? CLI_ABSENT : code;
    code = cli_snapshot(run);
    if (code == CLI_DONE)
        code = copy_find_to(run, &plan);
    return code == CLI_DONE ? copy_all(run, &plan) : code;
}

const cli_command cli_copy_commands[] = {
    {"ns copy", "FROM TO [--into]", "Copy a namespace's keys into another namespace",
     "TO is made, with FROM's capacity and description. All live keys are copied with metadata "
     "and\n"
     "deadlines, as of one moment, in batches: others see TO grow. A TO that holds keys is "
     "refused.\n"
     "Pages that FROM held at the time are not re-used until the copy is done.\n\n"
     "  --into   copy into a TO that holds keys: keys that both have are written over, others "
     "stay\n"
     "\nExample:\n  kv ns copy site site-next\n",
     copy_run},
    {0},
};
