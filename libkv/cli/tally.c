#include "cli/tally.h"

#include "cli/display.h"
#include "cli/failure.h"
#include "cli/store.h"
#include "cli/units.h"

#include <string.h>

#define LINES_MAX (sizeof(((cli_tally_row *)0)->lines) / sizeof(((cli_tally_row *)0)->lines[0]))
#define ROWS_MAX (sizeof(((cli_tally *)0)->rows) / sizeof(((cli_tally *)0)->rows[0]))

static void tally_count(cli_tally_row *row, uint64_t line, const void *key, size_t key_size)
{
    size_t kept = key_size < sizeof(row->key) ? key_size : sizeof(row->key);

    if (line > 0 && row->line_count < LINES_MAX)
        row->lines[row->line_count++] = line;
    if (row->count++ > 0)
        return;
    row->key_size = key_size;
    if (kept > 0)
        memcpy(row->key, key, kept);
}

void cli_tally_add(cli_tally *tally, kv_status status, uint64_t line, const void *key,
                   size_t key_size)
{
    size_t i = 0;

    while (i < tally->row_count && tally->rows[i].status != status)
        i++;
    if (i == ROWS_MAX) /* More kinds than there are statuses: counted, not told apart. */
        i = ROWS_MAX - 1;
    if (i == tally->row_count) {
        tally->rows[i].status = status;
        tally->row_count++;
    }
    tally_count(&tally->rows[i], line, key, key_size);
    tally->failed++;
}

void cli_tally_add_unreadable(cli_tally *tally, const void *key, size_t key_size)
{
    tally_count(&tally->unreadable, 0, key, key_size);
    tally->failed++;
}

void cli_tally_add_bad_line(cli_tally *tally, uint64_t number, const char *what)
{
    char text[sizeof(tally->bad_lines.key)];
    int size = snprintf(text, sizeof(text), "line %llu%s", (unsigned long long)number, what);

    tally_count(&tally->bad_lines, number, text,
                (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1);
    tally->failed++;
}

uint64_t cli_tally_count(const cli_tally *tally, kv_status status)
{
    for (size_t i = 0; i < tally->row_count; i++)
        if (tally->rows[i].status == status)
            return tally->rows[i].count;
    return 0;
}

static void tally_print_row(const cli_tally_row *row, const char *name, const char *text, FILE *out)
{
    size_t kept = row->key_size < sizeof(row->key) ? row->key_size : sizeof(row->key);
    char count[CLI_TEXT_SIZE];

    fprintf(out, "  %s  %s: %s, e.g. \"", cli_count_text(row->count, count), name, text);
    cli_print_text(out, row->key, kept, 0);
    fputs(kept < row->key_size ? "...\"\n" : "\"\n", out);
    if (row->line_count == 0)
        return;
    fputs(row->line_count == 1 ? "     line" : "     lines", out);
    for (size_t i = 0; i < row->line_count; i++)
        fprintf(out, "%s %llu", i == 0 ? "" : ",", (unsigned long long)row->lines[i]);
    if (row->count > row->line_count)
        fprintf(out, " and %s more", cli_count_text(row->count - row->line_count, count));
    fputc('\n', out);
}

void cli_tally_print(const cli *run, const cli_tally *tally, FILE *out)
{
    char room[CLI_ADVICE_SIZE];

    for (size_t i = 0; i < tally->row_count; i++) {
        kv_status status = tally->rows[i].status;
        const char *advice = cli_advice(run, status, room);

        tally_print_row(&tally->rows[i], kv_status_name(status), kv_strerror(status), out);
        if (*advice != '\0' && status != tally->advised)
            fprintf(out, "     %s\n", advice);
    }
    if (tally->unreadable.count > 0)
        tally_print_row(&tally->unreadable, "UNREADABLE", "the file cannot be read", out);
    if (tally->bad_lines.count > 0)
        tally_print_row(&tally->bad_lines, "BAD_LINE", "the line cannot be imported", out);
}
