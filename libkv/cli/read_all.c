#include "cli/read_all.h"

#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include "edge/text.h"

#include <time.h>
#include <unistd.h>

#define DAMAGED_NAMED 5 /* Damaged keys that are named; the others are counted. */

/* ---- The keys of a namespace */

/* Whether as many rows were met as the namespace counts, expired ones that no sweep met included:
 * damage can hide keys from a list without a trace. */
static int read_all_check_count(const cli_read_all *all, const kv_namespace_info *info,
                                uint64_t met)
{
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];

    if (all->prefix != NULL || info->key_count == met)
        return CLI_DONE;
    cli_message(all->run,
                "the store is damaged: namespace %s counts %s, but %s were found\n"
                "  what is missing cannot be named: restore it from a backup",
                info->name, cli_items_text(info->key_count, "key", "keys", a),
                cli_count_text(met, b));
    return CLI_STORE_FAILED;
}

/* Damaged keys are skipped: what can be read is worth saving. */
static void read_all_note_damage(cli_read_all *all, const kv_namespace_info *info,
                                 const kv_entry *entry)
{
    if (all->damaged++ == 0)
        all->damage = entry->status;
    if (all->damaged <= DAMAGED_NAMED)
        cli_message(all->run, "%.*s in %s: %s (%s)", (int)entry->key.size,
                    (const char *)entry->key.data, info->name, kv_strerror(entry->status),
                    kv_status_name(entry->status));
}

/* Their number, once, and what to do about them. CLI_DONE if there are none. */
static int read_all_sum_damage(const cli_read_all *all)
{
    char advice[CLI_ADVICE_SIZE];
    char count[CLI_TEXT_SIZE];

    if (all->damaged == 0)
        return CLI_DONE;
    cli_message(all->run, "%s damaged %s left out%s\n  %s", cli_count_text(all->damaged, count),
                all->damaged == 1 ? "key was" : "keys were",
                all->damaged > DAMAGED_NAMED ? "; the first 5 are named above" : "",
                cli_advice(all->run, all->damage, advice));
    return CLI_STORE_FAILED;
}

static int read_all_entry(cli_read_all *all, const kv_namespace_info *info, const kv_entry *entry,
                          int64_t now, cli_read_all_visit visit)
{
    all->met++;
    all->met_bytes += entry->key.size + entry->value.size + entry->metadata.size;
    cli_progress_show(&all->progress, all->met, all->met_bytes, all->met, all->total);
    if ((entry->flags & KV_ENTRY_EXPIRES) != 0 && now >= entry->expires_at)
        return CLI_DONE;
    if (entry->status == KV_OK)
        return visit(all, entry);
    read_all_note_damage(all, info, entry);
    return CLI_DONE;
}

int cli_read_all_keys(cli_read_all *all, const kv_namespace_info *info, cli_read_all_visit visit)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    int64_t now = (int64_t)time(NULL);
    uint64_t before = all->met;
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = KV_OK;
    int code = CLI_DONE;

    cli_stop_on_interrupt();
    options.flags = KV_LIST_VALUES;
    if (all->prefix != NULL)
        options.prefix = kvi_text_of(all->prefix);
    status = kv_list_begin(all->run->snapshot, info->id, &options, &list);
    if (status != KV_OK)
        return cli_failed(all->run, status, "%s", all->prefix == NULL ? info->name : all->prefix);
    while (status == KV_OK && code == CLI_DONE && !cli_interrupted() && !cli_output_failed()) {
        status = kv_list_next(list, &entry);
        if (status == KV_OK)
            code = read_all_entry(all, info, &entry, now, visit);
    }
    kv_list_end(list);
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(all->run, status, "%s: stopped before the end", info->name);
    if (status == KV_NOT_FOUND && code == CLI_DONE)
        code = read_all_check_count(all, info, all->met - before);
    return code;
}

/* ---- The namespaces */

static kv_status read_all_count(cli_read_all *all, kv_ns ns)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = KV_OK;

    if (all->prefix != NULL) /* How many have it is not known. */
        return KV_OK;
    if (!all->is_all)
        status = kv_namespace_describe(all->run->snapshot, ns, &info);
    else
        while ((status = kv_namespace_next(all->run->snapshot, info.id, &info)) == KV_OK)
            all->total += info.key_count;
    all->total += all->is_all ? 0 : info.key_count;
    return status == KV_NOT_FOUND ? KV_OK : status;
}

/* Damage in one namespace does not keep the others from being saved. */
static int read_all_namespaces(cli_read_all *all, cli_read_all_namespace each)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = KV_OK;
    int code = CLI_DONE;

    while (!cli_output_failed() &&
           (status = kv_namespace_next(all->run->snapshot, info.id, &info)) == KV_OK) {
        int one = each(all, &info);

        code = code == CLI_DONE ? one : code;
    }
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(all->run, status, "namespaces");
    return code;
}

static int read_all_one(cli_read_all *all, kv_ns ns, cli_read_all_namespace each)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = kv_namespace_describe(all->run->snapshot, ns, &info);

    return status == KV_OK ? each(all, &info) : cli_failed(all->run, status, "count of keys");
}

int cli_read_all_run(cli_read_all *all, const char *name, cli_read_all_namespace each)
{
    cli *run = all->run;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int damage = CLI_DONE;
    int code = CLI_DONE;

    run->is_timeless = true; /* All rows are listed, so that they can be counted. */
    code = name == NULL ? cli_open_read(run) : cli_open_read_namespace(run, name, &ns);
    if (code == CLI_DONE && name == NULL)
        code = cli_snapshot(run);
    if (code != CLI_DONE)
        return code;
    status = read_all_count(all, ns);
    if (status != KV_OK)
        return cli_failed(run, status, "count of keys");
    cli_progress_start(&all->progress, run, isatty(STDOUT_FILENO) == 0);
    code = name == NULL ? read_all_namespaces(all, each) : read_all_one(all, ns, each);
    cli_progress_end(&all->progress);
    damage = read_all_sum_damage(all);
    return code == CLI_DONE ? damage : code;
}

bool cli_read_all_take(cli_read_all *all, const struct option *options, const char **name_out)
{
    cli *run = all->run;
    char **arguments = NULL;
    int option = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return false;
        if (option == 'p')
            all->prefix = *optarg == '\0' ? NULL : optarg;
        all->is_all |= option == 'a';
    }
    arguments = cli_arguments(run, !all->is_all, !all->is_all, NULL);
    if (arguments == NULL)
        return false;
    *name_out = all->is_all ? NULL : arguments[0];
    return true;
}
