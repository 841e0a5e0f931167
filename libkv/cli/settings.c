/* init, settings, sweep, seal: the store as a whole. */
#include "cli/console.h"
#include "cli/display.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>

/* What init and settings share. */
#define SETTINGS_OPTIONS                                                                           \
    {"capacity", required_argument, NULL, 'c'}, {"changes-bytes", required_argument, NULL, 'b'},   \
        {"changes-age", required_argument, NULL, 'a'},                                             \
    {                                                                                              \
        "namespaces-max", required_argument, NULL, 'n'                                             \
    }

#define SETTINGS_HELP                                                                              \
    "  --capacity SIZE        capacity of namespaces made from now on (1GiB, also by 0;\n"         \
    "                         unlimited)\n"                                                        \
    "  --changes-bytes SIZE   keep this much of the change log (64MiB; 0: no bound by size)\n"     \
    "  --changes-age SPAN     keep it this long: 7d, 12h (0: no bound by age)\n"                   \
    "                         with both 0 there is no change log\n"                                \
    "  --namespaces-max N     namespaces at most (1024, also by 0)\n"

/* One option into its field. 0, or '?' after a message. */
static int settings_take(cli *run, int option, kv_settings *settings)
{
    uint64_t number = 0;

    switch (option) {
    case 'm':
        return cli_take_size(run, "--map-size", &settings->map_size_max);
    case 'c':
        return cli_take_size(run, "--capacity", &settings->namespace_capacity_default);
    case 'b':
        return cli_take_size(run, "--changes-bytes", &settings->changes_bytes_max);
    case 'a':
        return cli_take_duration(run, "--changes-age", &settings->changes_age_max_s);
    case 'n':
        if (cli_take_number(run, "--namespaces-max", &number) != 0)
            return '?';
        settings->namespaces_max = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
        return 0;
    default:
        return '?';
    }
}

static void settings_print(const kv_settings *settings)
{
    char text[CLI_TEXT_SIZE];

    cli_fact("file at most", "%s", cli_size_text(settings->map_size_max, text));
    cli_fact("capacity", "%s, of a new namespace",
             cli_size_text(settings->namespace_capacity_default, text));
    cli_fact("namespaces", "at most %s", cli_count_text(settings->namespaces_max, text));
    if (settings->changes_bytes_max == 0 && settings->changes_age_max_s == 0) {
        cli_fact("change log", "off");
        return;
    }
    if (settings->changes_bytes_max != 0)
        cli_fact("change log", "the newest %s", cli_size_text(settings->changes_bytes_max, text));
    if (settings->changes_age_max_s != 0)
        cli_fact("change log", "the last %s", cli_duration_text(settings->changes_age_max_s, text));
}

static int settings_print_json(const cli *run, const kv_settings *settings)
{
    kvi_json_writer json = {0};
    int code = CLI_DONE;

    kvi_json_write_object_begin(&json, NULL);
    kvi_json_write_number(&json, "MapSizeMax", settings->map_size_max);
    if (settings->namespace_capacity_default == KV_CAPACITY_UNLIMITED)
        kvi_json_write_raw(&json, "Capacity", "null");
    else
        kvi_json_write_number(&json, "Capacity", settings->namespace_capacity_default);
    kvi_json_write_number(&json, "ChangesBytesMax", settings->changes_bytes_max);
    kvi_json_write_integer(&json, "ChangesAgeMax", settings->changes_age_max_s);
    kvi_json_write_number(&json, "NamespacesMax", settings->namespaces_max);
    kvi_json_write_object_end(&json);
    code = cli_print_json(run, &json, true);
    kvi_json_write_free(&json);
    return code;
}

/* Print what the store says of itself. */
static int settings_show(cli *run, bool is_json)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_settings_get(run->snapshot, &settings);
    if (status != KV_OK)
        return cli_failed(run, status, "settings");
    if (is_json)
        return settings_print_json(run, &settings);
    settings_print(&settings);
    return CLI_DONE;
}

static int settings_run_init(cli *run)
{
    static const struct option options[] = {
        {"map-size", required_argument, NULL, 'm'}, SETTINGS_OPTIONS, CLI_OPTIONS_COMMON};
    kv_settings settings = KV_SETTINGS_INIT;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1)
        if (option == '?' || settings_take(run, option, &settings) != 0)
            return run->exit_code;
    if (cli_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    code = cli_create(run, &settings);
    if (code != CLI_DONE)
        return code;
    printf("made a store at %s\n", run->store);
    code = settings_show(run, false);
    if (code == CLI_DONE)
        printf("next: kv --store %s ns create NAME\n", run->store);
    return code;
}

static int settings_change(cli *run, const kv_settings *wish, const char *given)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_settings_get(run->snapshot, &settings);
    if (status != KV_OK)
        return cli_failed(run, status, "settings");
    for (; *given != '\0'; given++) {
        if (*given == 'c')
            settings.namespace_capacity_default = wish->namespace_capacity_default;
        else if (*given == 'b')
            settings.changes_bytes_max = wish->changes_bytes_max;
        else if (*given == 'a')
            settings.changes_age_max_s = wish->changes_age_max_s;
        else if (*given == 'n')
            settings.namespaces_max = wish->namespaces_max;
    }
    kv_snapshot_end(run->snapshot);
    run->snapshot = NULL;
    status = kv_settings_set(run->db, &settings);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "settings");
}

static int settings_run_settings(cli *run)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, SETTINGS_OPTIONS, CLI_OPTIONS_COMMON};
    kv_settings wish = KV_SETTINGS_INIT;
    char given[16] = "";
    size_t count = 0;
    bool is_json = false;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == 'j') {
            is_json = true;
            continue;
        }
        if (option == '?' || settings_take(run, option, &wish) != 0)
            return run->exit_code;
        if (count < sizeof(given) - 1)
            given[count++] = (char)option;
    }
    if (cli_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    code = count == 0 ? cli_open_read(run) : cli_open_write(run);
    if (code == CLI_DONE && count > 0)
        code = settings_change(run, &wish, given);
    return code == CLI_DONE ? settings_show(run, is_json) : code;
}

/* ---- Sweep and seal */

static int settings_progress(void *ctx, const kv_work *work)
{
    (void)ctx;
    (void)work;
    return cli_interrupted();
}

static int settings_run_sweep(cli *run)
{
    kv_work work = KV_WORK_INIT;
    kv_stats before = KV_STATS_INIT;
    kv_stats after = KV_STATS_INIT;
    kv_status status = KV_OK;
    char text[CLI_TEXT_SIZE];
    int code = 0;

    if (cli_only_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    code = cli_open_write(run);
    if (code != CLI_DONE)
        return code;
    cli_stop_on_interrupt();
    work.progress = settings_progress;
    status = kv_stats_get(run->db, &before);
    if (status == KV_OK)
        status = kv_sweep(run->db, &work);
    if (status == KV_OK || status == KV_CANCELLED)
        cli_fact("removed", "%s", cli_items_text(work.items_done, "item", "items", text));
    if ((status == KV_OK || status == KV_CANCELLED) && kv_stats_get(run->db, &after) == KV_OK) {
        cli_fact("keys now", "%s", cli_count_text(after.store_keys, text));
        cli_fact("free again", "%s",
                 cli_size_text(cli_difference(after.store_pages_free, before.store_pages_free) *
                                   after.store_page_size,
                               text));
    }
    if (status == KV_OK && work.finished == 0)
        puts("there is more to do: run it again");
    if (status == KV_CANCELLED)
        puts("stopped; what is done is kept: run it again to go on");
    return status == KV_OK || status == KV_CANCELLED ? CLI_DONE : cli_failed(run, status, "sweep");
}

static int settings_run_seal(cli *run)
{
    kv_status status = KV_OK;
    int code = 0;

    if (cli_only_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    code = cli_open_write(run);
    if (code != CLI_DONE)
        return code;
    status = kv_seal(run->db);
    if (status != KV_OK) {
        code = cli_failed(run, status, "seal");
        if (cli_find_sealed(run)) /* Only what comes behind the seal has failed. */
            cli_message(run, "the store is sealed all the same: nobody writes to it any more");
        return code;
    }
    printf("sealed %s: it can be shipped, and read from read-only media\n", run->store);
    return CLI_DONE;
}

const cli_command cli_store_commands[] = {
    {"init", "[OPTIONS]", "Make a store in a directory",
     "The directory is made if it is missing, its parent is not.\n\n"
     "  --map-size SIZE        the file's largest size (64GiB, also by 0); fixed for good,\n"
     "                         costs no disk\n" SETTINGS_HELP
     "\nExample:\n  kv --store /srv/edge init --capacity 10GiB --changes-age 7d\n",
     settings_run_init},
    {"settings", "[OPTIONS]", "Show the store's settings, or change them",
     "  --json                 show them as one JSON object; a Capacity of null is "
     "unlimited\n" SETTINGS_HELP
     "\nThe size of the file (init's --map-size) is fixed. Capacities of namespaces "
     "that exist\nstay as they are: see kv ns capacity.\n"
     "\nExample:\n  kv settings --changes-age 30d --changes-bytes 0\n",
     settings_run_settings},
    {"sweep", "", "Remove expired keys and what dropped namespaces left",
     "Every write does a share of this by itself; a busy store needs no sweep. What is expired\n"
     "is invisible in any case: sweeping gives its space back.\n"
     "\nExample:\n  kv sweep\n",
     settings_run_sweep},
    {"seal", "", "Make the store read-only for good, fit to ship",
     "A sealed store can be opened from read-only media, by any user whom its files let read,\n"
     "without a lock file. There is no way back but kv export and kv import.\n"
     "\nExample:\n  kv --store build/site seal && rsync -a build/site/ edge1:/srv/site/\n",
     settings_run_seal},
    {0},
};
