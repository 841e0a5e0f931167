#include "cli/tally.h"

#include "cli/display.h"
#include "cli/store.h"
#include "cli/units.h"

#include <string.h>

#define ROWS_MAX (sizeof(((cli_tally *)0)->rows) / sizeof(((cli_tally *)0)->rows[0]))

void cli_tally_add(cli_tally *tally, kv_status status, const void *key, size_t key_size)
{
    size_t row = 0;

    tally->failed++;
    while (row < tally->row_count && tally->rows[row].status != status)
        row++;
    if (row == ROWS_MAX) /* More kinds than there are statuses: counted, not told apart. */
        row = ROWS_MAX - 1;
    if (row == tally->row_count) {
        size_t kept = key_size < sizeof(tally->rows[0].key) ? key_size : sizeof(tally->rows[0].key);
        tally->row_count++;
        tally->rows[row].status = status;
        tally->rows[row].key_size = key_size;
        if (kept > 0)
            memcpy(tally->rows[row].key, key, kept);
    }
    tally->rows[row].count++;
}

void cli_tally_print(const cli_tally *tally, FILE *out)
{
    for (size_t i = 0; i < tally->row_count; i++) {
        kv_status status = tally->rows[i].status;
        int unreadable = status == CLI_TALLY_UNREADABLE;
        const char *advice = unreadable ? "" : cli_advice(status);
        size_t kept = sizeof(tally->rows[i].key);
        char count[CLI_TEXT_SIZE];

        fprintf(out, "  %s  %s: %s, e.g. \"", cli_count_text(tally->rows[i].count, count),
                unreadable ? "UNREADABLE" : kv_status_name(status),
                unreadable ? "the file cannot be read" : kv_strerror(status));
        if (kept > tally->rows[i].key_size)
            kept = tally->rows[i].key_size;
        cli_print_text(out, tally->rows[i].key, kept, 0);
        fputs(kept < tally->rows[i].key_size ? "...\"\n" : "\"\n", out);
        if (*advice != '\0')
            fprintf(out, "     %s\n", advice);
    }
}
