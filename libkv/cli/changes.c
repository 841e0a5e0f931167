/* changes: the log of every change, once or for ever. */
#include "cli/display.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include "edge/text.h"

#include <inttypes.h>
#include <string.h>

#define ROWS 512
#define WAIT_MS 250 /* How late an interrupt may be noticed. */

static const char *changes_kind(uint32_t kind)
{
    switch (kind) {
    case KV_PUT:
        return "put";
    case KV_DELETE:
        return "delete";
    case KV_TOUCH:
        return "touch";
    case KV_CHANGE_NAMESPACE_CREATE:
        return "ns-create";
    case KV_CHANGE_NAMESPACE_SET:
        return "ns-set";
    case KV_CHANGE_NAMESPACE_DROP:
        return "ns-drop";
    case KV_CHANGE_NAMESPACE_RENAME:
        return "ns-rename";
    case KV_CHANGE_SETTINGS:
        return "settings";
    default:
        return "unknown";
    }
}

/* The namespace's name; "#7" for one that is gone; "" for changes of the whole store. */
static void changes_namespace(kv_snapshot *snapshot, kv_ns ns, char *out, size_t size)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;

    if (ns == 0)
        snprintf(out, size, "%s", "");
    else if (kv_namespace_describe(snapshot, ns, &info) == KV_OK)
        snprintf(out, size, "%s", info.name);
    else
        snprintf(out, size, "#%" PRIu32, ns);
}

static void changes_print_row(const kv_change *change, const char *namespace_name)
{
    char size[CLI_TEXT_SIZE] = "";
    char time[CLI_TEXT_SIZE];
    char expires[CLI_TEXT_SIZE] = "";

    if (change->kind == KV_PUT || change->kind == KV_CHANGE_NAMESPACE_SET)
        cli_size_text(change->size, size);
    if ((change->flags & KV_CHANGE_EXPIRES) != 0)
        cli_time_text(change->expires_at, expires);
    printf("%10" PRIu64 " %-20s %-9s %-16s %8s %-20s ", change->sequence,
           cli_time_text(change->time, time), changes_kind(change->kind), namespace_name, size,
           expires);
    cli_print_text(stdout, change->key.data, change->key.size, 0);
    putchar('\n');
}

static int changes_print_json(const cli *run, const kv_change *change, const char *namespace_name,
                              kvi_json_writer *json)
{
    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_number(json, "Sequence", change->sequence);
    kvi_json_write_integer(json, "Time", change->time);
    kvi_json_write_text(json, "Kind", kvi_text_of(changes_kind(change->kind)));
    kvi_json_write_text(json, "Namespace", kvi_text_of(namespace_name));
    kvi_json_write_text(json, "Key", change->key);
    kvi_json_write_number(json, "Size", change->size);
    if ((change->flags & KV_CHANGE_EXPIRES) != 0)
        kvi_json_write_integer(json, "Expiration", change->expires_at);
    kvi_json_write_object_end(json);
    return cli_print_json(run, json, true);
}

typedef struct change_wish {
    kv_position position;
    bool has_after, is_from_now, is_followed, is_json;
    bool has_head;            /* The head of the table was printed. */
    kv_changes_filter filter; /* Which ones. */
    uint64_t last;            /* Only so many, the newest; 0: all. */
    uint64_t skip;            /* Changes to pass over. */
    uint64_t limit;           /* Changes still to be shown. */
    bool is_from_oldest;      /* Begin with the oldest that is kept, wherever that is by then. */
    kv_buf buf;
    kvi_json_writer text; /* Of a change as JSON. */
    kv_change rows[ROWS];
} change_wish;

static int changes_trimmed(const cli *run, const change_wish *wish)
{
    kv_stats stats = KV_STATS_INIT;

    if (kv_stats_get(run->db, &stats) != KV_OK)
        return cli_failed(run, KV_CHANGES_TRIMMED, "changes");
    if (stats.store_changes_first > stats.store_sequence) {
        cli_message(
            run,
            "the log has nothing to go on from %" PRIu64 ": it is empty\n"
            "  read the whole state (kv export) and go on with: kv changes --after %" PRIu64,
            wish->position.sequence, stats.store_sequence);
        return CLI_REFUSED;
    }
    cli_message(run,
                "the log cannot continue from %" PRIu64 ": it holds %" PRIu64 " to %" PRIu64
                "\n  read the whole state (kv export), then continue: kv changes --after %" PRIu64,
                wish->position.sequence, stats.store_changes_first, stats.store_sequence,
                stats.store_sequence);
    return CLI_REFUSED;
}

/* Where to begin, in a new snapshot: its epoch, and the sequence given or the oldest kept. */
static int changes_find_begin(cli *run, change_wish *wish)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_stats stats = KV_STATS_INIT;
    kv_position now = {0};
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_settings_get(run->snapshot, &settings);
    if (status == KV_OK && (settings.flags & KV_SETTINGS_NO_CHANGES) != 0) {
        cli_message(run, "the store keeps no change log\n"
                         "  it does with: kv settings --changes-bytes 64MiB");
        return CLI_REFUSED;
    }
    if (status == KV_OK)
        status = kv_snapshot_info(run->snapshot, &now, NULL);
    if (status == KV_OK && wish->is_from_oldest)
        status = kv_stats_get(run->db, &stats);
    if (status != KV_OK)
        return cli_failed(run, status, "changes");
    wish->position.epoch = now.epoch;
    if (wish->is_from_now)
        wish->position.sequence = now.sequence;
    if (wish->is_from_oldest)
        wish->position.sequence =
            stats.store_changes_first > 0 ? stats.store_changes_first - 1 : now.sequence;
    return CLI_DONE;
}

static bool changes_is_done(const change_wish *wish)
{
    return wish->limit == 0 || cli_interrupted() || cli_output_failed();
}

static void changes_print_head(change_wish *wish)
{
    if (!wish->is_json && !wish->has_head)
        printf("%10s %-20s %-9s %-16s %8s %-20s %s\n", "SEQUENCE", "TIME", "KIND", "NAMESPACE",
               "SIZE", "EXPIRES", "KEY");
    wish->has_head = true;
}

/* With a prefix only keys are asked for, not what happened to their namespace. */
static bool changes_is_passed_over(change_wish *wish, const kv_change *change)
{
    if (wish->filter.prefix.size > 0 && change->kind >= KV_CHANGE_NAMESPACE_CREATE)
        return true;
    if (wish->skip == 0)
        return false;
    wish->skip--;
    return true;
}

/* The changes read, up to where nobody takes them any more. */
static int changes_print_rows(cli *run, change_wish *wish, size_t count)
{
    int code = CLI_DONE;

    for (size_t i = 0; i < count && code == CLI_DONE && !changes_is_done(wish); i++) {
        char name[80];
        wish->position.sequence = wish->rows[i].sequence;
        if (changes_is_passed_over(wish, &wish->rows[i]))
            continue;
        wish->limit--;
        changes_namespace(run->snapshot, wish->rows[i].ns, name, sizeof(name));
        if (wish->is_json)
            code = changes_print_json(run, &wish->rows[i], name, &wish->text);
        else
            changes_print_row(&wish->rows[i], name);
    }
    return code;
}

/* The next page of what is asked for. *seen_out: how far the log was looked through. */
static kv_status changes_next(cli *run, change_wish *wish, size_t *count, uint64_t *seen_out)
{
    return kv_changes_select(run->snapshot, &wish->filter, wish->position, &wish->buf, wish->rows,
                             ROWS, count, seen_out);
}

/* Print all that is newer than the position, which moves on. */
static int changes_print_new(cli *run, change_wish *wish)
{
    kv_status status = KV_OK;
    uint64_t seen = 0;
    int code = cli_snapshot(run);

    while (code == CLI_DONE && !changes_is_done(wish)) {
        size_t count = 0;
        status = changes_next(run, wish, &count, &seen);
        if (status == KV_CHANGES_TRIMMED && wish->is_from_oldest) {
            code = changes_find_begin(run, wish); /* A writer trimmed it between two looks. */
            continue;
        }
        if (status == KV_CHANGES_TRIMMED)
            return changes_trimmed(run, wish);
        if (status != KV_OK)
            return cli_failed(run, status, "changes");
        wish->is_from_oldest = false; /* What is missing from here on is a gap. */
        changes_print_head(wish);
        if (count == 0 && seen == wish->position.sequence)
            break;
        code = changes_print_rows(run, wish, count);
        if (code == CLI_DONE && !changes_is_done(wish))
            wish->position.sequence = seen;
    }
    return code;
}

/* How many to pass over, so that the last ones are left. */
static int changes_skip_to_last(cli *run, change_wish *wish)
{
    kv_position begin = wish->position;
    uint64_t seen = begin.sequence, found = 0;
    kv_status status = KV_OK;

    do {
        size_t count = 0;
        wish->position.sequence = seen;
        status = changes_next(run, wish, &count, &seen);
        for (size_t i = 0; status == KV_OK && i < count; i++)
            found += !changes_is_passed_over(wish, &wish->rows[i]);
    } while (status == KV_OK && seen > wish->position.sequence && !cli_interrupted());
    wish->position = begin;
    wish->skip = cli_difference(found, wish->last);
    /* What is trimmed by now, the second look finds out. */
    return status == KV_OK || status == KV_CHANGES_TRIMMED ? CLI_DONE
                                                           : cli_failed(run, status, "changes");
}

static int changes_begin(cli *run, change_wish *wish)
{
    int code = CLI_DONE;

    wish->is_from_oldest = !wish->has_after;
    code = changes_find_begin(run, wish);
    if (code == CLI_DONE && wish->last > 0)
        code = changes_skip_to_last(run, wish);
    return code;
}

static int changes_follow(cli *run, change_wish *wish)
{
    int code = CLI_DONE;

    while (code == CLI_DONE && !changes_is_done(wish)) {
        kv_status status = KV_OK;
        kv_snapshot_end(run->snapshot); /* Pin nothing while waiting. */
        run->snapshot = NULL;
        if (fflush(stdout) != 0)
            break;
        status = kv_changes_wait(run->db, wish->position, WAIT_MS);
        if (status == KV_OK)
            code = changes_print_new(run, wish);
        else if (status == KV_CHANGES_TRIMMED)
            code = changes_trimmed(run, wish);
        else if (status != KV_TIMEOUT)
            code = cli_failed(run, status, "changes");
    }
    return code;
}

/* name NULL: of all namespaces. */
static int changes_all(cli *run, const char *name, change_wish *wish)
{
    int code =
        name == NULL ? cli_open_read(run) : cli_open_read_namespace(run, name, &wish->filter.ns);

    if (wish->is_followed)
        cli_stop_on_interrupt();
    if (code == CLI_DONE)
        code = changes_begin(run, wish);
    if (code == CLI_DONE)
        code = changes_print_new(run, wish);
    if (code == CLI_DONE && wish->is_followed)
        code = changes_follow(run, wish);
    return code;
}

static int changes_run(cli *run)
{
    static const struct option options[] = {{"after", required_argument, NULL, 'a'},
                                            {"prefix", required_argument, NULL, 'p'},
                                            {"limit", required_argument, NULL, 'n'},
                                            {"last", required_argument, NULL, 'l'},
                                            {"follow", no_argument, NULL, 'f'},
                                            {"json", no_argument, NULL, 'j'},
                                            CLI_OPTIONS_COMMON};
    change_wish wish = {.limit = UINT64_MAX, .filter = KV_CHANGES_FILTER_INIT};
    char **arguments = NULL;
    int count = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        wish.is_from_now |= option == 'a' && strcmp(optarg, "now") == 0;
        if (option == '?' ||
            (option == 'a' && !wish.is_from_now &&
             cli_take_number(run, "--after", &wish.position.sequence) != 0) ||
            (option == 'n' && cli_take_number(run, "--limit", &wish.limit) != 0) ||
            (option == 'l' && cli_take_number(run, "--last", &wish.last) != 0))
            return run->exit_code;
        if (option == 'p')
            wish.filter.prefix = kvi_text_of(optarg);
        wish.has_after |= option == 'a';
        wish.is_followed |= option == 'f';
        wish.is_json |= option == 'j';
    }
    arguments = cli_arguments(run, 0, 1, &count);
    if (arguments == NULL)
        return run->exit_code;
    code = changes_all(run, count == 1 ? arguments[0] : NULL, &wish);
    kv_buf_free(&wish.buf);
    kvi_json_write_free(&wish.text);
    return code;
}

const cli_command cli_change_commands[] = {
    {"changes", "[NS] [OPTIONS]", "Show the log of every change",
     "Puts, deletes, touches and what was done to namespaces and settings, of any process, in\n"
     "the order of commit. Values are not in the log: kv get has the newest one.\n"
     "With NS only those of one namespace.\n\n"
     "  --after N   only what is newer than sequence N, or than this moment: now;\n"
     "              without it all that is kept\n"
     "  --prefix P  only of keys that begin with P\n"
     "  --limit N   at most N changes, the oldest\n"
     "  --last N    of what is there only the newest N changes\n"
     "  --follow    stay, and show changes as they come, until interrupted\n"
     "  --json      one JSON object a line\n"
     "\nExample:\n  kv changes --after 1200 --follow --json\n  kv changes site --prefix img/ "
     "--last 10\n"
     "  kv changes --after now --follow\n",
     changes_run},
    {0},
};
