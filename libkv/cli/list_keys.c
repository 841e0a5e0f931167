#include "cli/list_keys.h"

#include "cli/display.h"
#include "cli/entry.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "cli/store.h"

#include <fnmatch.h>
#include <string.h>

/* list makes one array of JSON, and so one view; search makes lines. */
static bool list_keys_is_array(const cli_list_wish *wish)
{
    return wish->is_json && wish->pattern == NULL;
}

static bool list_keys_matches(const cli_list_wish *wish, kv_slice key)
{
    char text[KV_KEY_SIZE_MAX + 1];

    if (wish->pattern == NULL)
        return true;
    if (key.size > KV_KEY_SIZE_MAX) /* Damage; it is listed with its status. */
        return false;
    memcpy(text, key.data, key.size);
    text[key.size] = '\0';
    return fnmatch(wish->pattern, text, wish->pattern_flags) == 0;
}

static int list_keys_print(const cli *run, cli_list_wish *wish, const kv_entry *entry)
{
    if (entry->status != KV_OK)
        cli_failed(run, entry->status, "%.*s", (int)entry->key.size, (const char *)entry->key.data);
    if (wish->is_json) {
        if (list_keys_is_array(wish))
            fputs(wish->shown == 0 ? "\n" : ",\n", stdout);
        cli_entry_write(&wish->text, entry, false);
        return cli_print_json(run, &wish->text, !list_keys_is_array(wish));
    }
    if (wish->is_long) {
        cli_entry_print_row(entry);
    } else {
        if (wish->is_terminal) /* A key may hold the control characters of U+0080 to U+009F. */
            cli_print_text(stdout, entry->key.data, entry->key.size, 0);
        else
            fwrite(entry->key.data, 1, entry->key.size, stdout);
        putchar('\n');
    }
    return CLI_DONE;
}

static int list_keys_run_through(cli *run, cli_list_wish *wish, kv_list *list)
{
    kv_entry entry = {0};
    kv_status status = KV_OK;
    bool is_damaged = false;
    int code = CLI_DONE;

    while (wish->shown < wish->limit && code == CLI_DONE && !cli_output_failed()) {
        status = kv_list_next(list, &entry);
        if (status != KV_OK)
            break;
        if (!list_keys_matches(wish, entry.key))
            continue;
        is_damaged |= entry.status != KV_OK;
        code = list_keys_print(run, wish, &entry);
        wish->shown++;
    }
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(run, status, "list");
    return code == CLI_DONE && is_damaged ? CLI_STORE_FAILED : code;
}

int cli_list_keys(cli *run, const char *name, cli_list_wish *wish)
{
    kv_list *list = NULL;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = cli_open_read_namespace(run, name, &ns);

    if (code != CLI_DONE)
        return code;
    if (!list_keys_is_array(
            wish)) /* A slow reader must not pin old pages; the array is one view. */
        wish->options.flags |= KV_LIST_RENEW;
    if (!wish->is_json && !wish->is_long)
        wish->options.flags |= KV_LIST_KEYS_ONLY;
    status = kv_list_begin(run->snapshot, ns, &wish->options, &list);
    if (status != KV_OK)
        return cli_failed(run, status, "list");
    if (!list_keys_is_array(wish)) {
        kv_snapshot_end(run->snapshot);
        run->snapshot = NULL;
    }
    if (list_keys_is_array(wish))
        putchar('[');
    if (wish->is_long && !wish->is_json)
        cli_entry_print_head();
    code = list_keys_run_through(run, wish, list);
    if (list_keys_is_array(wish))
        puts("\n]");
    kvi_json_write_free(&wish->text);
    kv_list_end(list);
    return code;
}
