/* init, settings, sweep, seal: the store as a whole. */
#include "cli/display.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>
#include <string.h>

#define MAP_SIZE_MAX (UINT64_C(1) << 46)

/* What init and settings share. */
#define SETTINGS_OPTIONS                                                                           \
    {"capacity", required_argument, NULL, 'c'}, {"changes-bytes", required_argument, NULL, 'b'},   \
        {"changes-age", required_argument, NULL, 'a'}, {"no-changes", no_argument, NULL, 'x'},     \
    {                                                                                              \
        "namespaces-max", required_argument, NULL, 'n'                                             \
    }

#define SETTINGS_HELP                                                                              \
    "  --capacity SIZE        capacity of namespaces made from now on (1GiB, also by 0;\n"         \
    "                         unlimited)\n"                                                        \
    "  --changes-bytes SIZE   keep this much of the change log (64MiB; 0: no bound by size)\n"     \
    "  --changes-age SPAN     keep it this long: 7d, 12h (0: no bound by age)\n"                   \
    "                         one of the two must not be 0\n"                                      \
    "  --no-changes           keep no change log\n"                                                \
    "  --namespaces-max N     namespaces at most (1024, also by 0)\n"

/* What the options say, and which were given: their letters. */
typedef struct settings_wish {
    kv_settings settings;
    char given[16];
    bool is_json;
} settings_wish;

static bool settings_has(const settings_wish *wish, char option)
{
    return strchr(wish->given, option) != NULL;
}

static int settings_take_map_size(cli *run, uint64_t *out)
{
    if (cli_take_size(run, "--map-size", out) != 0)
        return '?';
    if (*out == 0 || (*out >= KV_MAP_SIZE_MIN && *out <= MAP_SIZE_MAX))
        return 0;
    run->exit_code =
        cli_usage(run, "--map-size is 8MiB to 64TiB, or 0 for 64GiB; not '%s'", optarg);
    return '?';
}

/* One option into its field. 0, or '?' after a message. */
static int settings_take(cli *run, int option, settings_wish *wish)
{
    kv_settings *settings = &wish->settings;
    size_t count = strlen(wish->given);
    uint64_t number = 0;

    if (option == 'j') {
        wish->is_json = true;
        return 0;
    }
    if (count < sizeof(wish->given) - 1 && !settings_has(wish, (char)option))
        wish->given[count] = (char)option;
    switch (option) {
    case 'f':
        return cli_take_mode(run, "--mode", 0600, &run->file_mode);
    case 'm':
        return settings_take_map_size(run, &settings->map_size_max);
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
    case 'x':
        return 0;
    default:
        return '?';
    }
}

/* All options. 0, or '?' to stop with run->exit_code. */
static int settings_take_all(cli *run, const struct option *options, settings_wish *wish)
{
    int option = 0;

    while ((option = cli_option(run, options)) != -1)
        if (option == '?' || settings_take(run, option, wish) != 0)
            return '?';
    if (cli_arguments(run, 0, 0, NULL) == NULL)
        return '?';
    if (settings_has(wish, 'x') && (settings_has(wish, 'a') || settings_has(wish, 'b'))) {
        run->exit_code = cli_usage(run, "--no-changes excludes --changes-bytes and --changes-age");
        return '?';
    }
    return 0;
}

/* Put what was given into the settings. CLI_DONE, or another after a message. */
static int settings_merge(cli *run, const settings_wish *wish, kv_settings *settings)
{
    if (settings_has(wish, 'm'))
        settings->map_size_max = wish->settings.map_size_max;
    if (settings_has(wish, 'c'))
        settings->namespace_capacity_default = wish->settings.namespace_capacity_default;
    if (settings_has(wish, 'n'))
        settings->namespaces_max = wish->settings.namespaces_max;
    if (settings_has(wish, 'x')) {
        settings->changes_bytes_max = 0;
        settings->changes_age_max_s = 0;
        settings->flags |= KV_SETTINGS_NO_CHANGES;
    }
    if (settings_has(wish, 'b'))
        settings->changes_bytes_max = wish->settings.changes_bytes_max;
    if (settings_has(wish, 'a'))
        settings->changes_age_max_s = wish->settings.changes_age_max_s;
    if (settings_has(wish, 'a') || settings_has(wish, 'b')) {
        settings->flags &= ~(uint32_t)KV_SETTINGS_NO_CHANGES;
        if (settings->changes_bytes_max == 0 && settings->changes_age_max_s == 0)
            return cli_usage(run, "the change log needs a bound, by size or by age; "
                                  "--no-changes turns it off");
    }
    return CLI_DONE;
}

static void settings_print(const kv_settings *settings)
{
    char text[CLI_TEXT_SIZE];
    char size[CLI_TEXT_SIZE];

    cli_fact("file at most", "%s", cli_size_text(settings->map_size_max, text));
    cli_fact("capacity", "%s, of a new namespace",
             cli_size_text(settings->namespace_capacity_default, text));
    cli_fact("namespaces", "at most %s", cli_count_text(settings->namespaces_max, text));
    if ((settings->flags & KV_SETTINGS_NO_CHANGES) != 0) {
        cli_fact("change log", "off");
        return;
    }
    if (settings->changes_age_max_s == 0)
        cli_fact("change log", "the newest %s", cli_size_text(settings->changes_bytes_max, text));
    else if (settings->changes_bytes_max == 0)
        cli_fact("change log", "the last %s", cli_duration_text(settings->changes_age_max_s, text));
    else
        cli_fact("change log", "the last %s, and at most %s of it",
                 cli_duration_text(settings->changes_age_max_s, text),
                 cli_size_text(settings->changes_bytes_max, size));
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
    kvi_json_write_boolean(&json, "Changes", (settings->flags & KV_SETTINGS_NO_CHANGES) == 0);
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
    static const struct option options[] = {{"mode", required_argument, NULL, 'f'},
                                            {"map-size", required_argument, NULL, 'm'},
                                            SETTINGS_OPTIONS,
                                            CLI_OPTIONS_COMMON};
    kv_settings settings = KV_SETTINGS_INIT;
    settings_wish wish = {.settings = KV_SETTINGS_INIT};
    int code = 0;

    settings.changes_bytes_max = KV_CHANGES_BYTES_DEFAULT; /* Beside a bound by age too. */
    if (settings_take_all(run, options, &wish) != 0)
        return run->exit_code;
    code = settings_merge(run, &wish, &settings);
    if (code == CLI_DONE)
        code = cli_create(run, &settings);
    if (code != CLI_DONE)
        return code;
    printf("made a store at %s\n", run->store);
    code = settings_show(run, false);
    if (code == CLI_DONE)
        printf("next: kv --store %s ns create NAME\n", run->store);
    return code;
}

static int settings_change(cli *run, const settings_wish *wish)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_settings_get(run->snapshot, &settings);
    if (status != KV_OK)
        return cli_failed(run, status, "settings");
    kv_snapshot_end(run->snapshot);
    run->snapshot = NULL;
    code = settings_merge(run, wish, &settings);
    if (code != CLI_DONE)
        return code;
    status = kv_settings_set(run->db, &settings);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "settings");
}

static int settings_run_settings(cli *run)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, SETTINGS_OPTIONS, CLI_OPTIONS_COMMON};
    settings_wish wish = {.settings = KV_SETTINGS_INIT};
    bool is_change = false;
    int code = 0;

    if (settings_take_all(run, options, &wish) != 0)
        return run->exit_code;
    is_change = wish.given[0] != '\0';
    code = is_change ? cli_open_write(run) : cli_open_read(run);
    if (code == CLI_DONE && is_change)
        code = settings_change(run, &wish);
    return code == CLI_DONE ? settings_show(run, wish.is_json) : code;
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
        puts("stopped; what is done is kept: run it again to continue");
    return status == KV_OK || status == KV_CANCELLED ? CLI_DONE : cli_failed(run, status, "sweep");
}

/* Open the store and seal it. One that is sealed already is opened as it is, if only its
   permissions are to change. */
static int settings_seal(cli *run, bool has_mode)
{
    kv_status status = KV_OK;
    int code = CLI_DONE;

    if (has_mode && cli_find_sealed(run))
        return CLI_DONE;
    cli_close(run);
    code = cli_open_write(run);
    if (code != CLI_DONE)
        return code;
    status = kv_seal(run->db);
    if (status == KV_OK)
        return CLI_DONE;
    code = cli_failed(run, status, "seal");
    if (cli_find_sealed(run)) /* Only what comes behind the seal has failed. */
        cli_message(run, "the store is sealed nevertheless, and takes no more writes");
    return code;
}

static int settings_run_seal(cli *run)
{
    static const struct option options[] = {{"mode", required_argument, NULL, 'f'},
                                            CLI_OPTIONS_COMMON};
    uint32_t mode = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1)
        if (option == '?' || cli_take_mode(run, "--mode", 0400, &mode) != 0)
            return run->exit_code;
    if (cli_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    code = settings_seal(run, mode != 0);
    if (code == CLI_DONE && mode != 0) {
        cli_close(run); /* A handle that was opened on the sealed store takes any mode. */
        code = cli_open_read(run);
        if (code == CLI_DONE)
            code = cli_set_file_mode(run, mode);
        if (code != CLI_DONE)
            cli_message(run, "the store is sealed nevertheless, and takes no more writes");
    }
    if (code == CLI_DONE)
        printf("sealed %s: it can be shipped, and read from read-only media\n", run->store);
    return code;
}

const cli_command cli_store_commands[] = {
    {"init", "[OPTIONS]", "Make a store in a directory",
     "The directory is made if it is missing, its parent is not. One that exists must be empty.\n"
     "\n"
     "  --mode MODE            permissions of its files in octal (0600), whatever the umask;\n"
     "                         its directories have x where r is\n"
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
     "Every write does a share of this; a busy store needs no sweep. An expired key is never\n"
     "shown, swept or not: sweeping gives its space back.\n"
     "\nExample:\n  kv sweep\n",
     settings_run_sweep},
    {"seal", "[--mode MODE]", "Make the store read-only for good, fit to ship",
     "A sealed store can be opened from read-only media, by any user with read permission\n"
     "on its files, without a lock file. What its file has preallocated goes. There is no way\n"
     "back but kv export and kv import.\n\n"
     "  --mode MODE   permissions of its files in octal, for instance 0444, whatever the\n"
     "                umask; directories have x where r is. Of a sealed store it changes these "
     "alone\n"
     "\nExample:\n  kv --store build/site seal --mode 0444 && rsync -a build/site/ "
     "edge1:/srv/site/\n",
     settings_run_seal},
    {0},
};
