#include "cli/display.h"

#include "cli/units.h"

#include "edge/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define BAR_CELLS 20

void cli_fact(const char *name, const char *format, ...)
{
    va_list arguments;

    printf("%-14s ", name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

const char *cli_bar(uint64_t part, uint64_t whole, char out[CLI_BAR_SIZE])
{
    unsigned percent = cli_percent(part, whole);
    unsigned cells = percent * BAR_CELLS / 100;
    char bar[BAR_CELLS + 1];

    if (part > 0 && cells == 0) /* Something is not nothing. */
        cells = 1;
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', cells);
    bar[BAR_CELLS] = '\0';
    snprintf(out, CLI_BAR_SIZE, part > 0 && percent == 0 ? "[%s]  <1 %%" : "[%s] %3u %%", bar,
             percent);
    return out;
}

/* Bytes of the printable character at the front, or 0. */
static size_t display_character(const unsigned char *text, size_t size)
{
    if (text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && size > 1 && text[1] < 0xA0))
        return 0; /* Control characters, those of the upper half included. */
    return kvi_utf8_character_size(text, size);
}

/* Bytes at the front that only end a line or move on in it, or 0. A lone CR would hide what stands
 * before it. */
static size_t display_spacing(const unsigned char *text, size_t size)
{
    if (text[0] == '\n' || text[0] == '\t')
        return 1;
    return size > 1 && text[0] == '\r' && text[1] == '\n' ? 2 : 0;
}

/* Print the first `shown` bytes. */
static void display_print(FILE *out, const unsigned char *text, size_t size, size_t shown,
                          bool has_lines)
{
    size_t i = 0;

    while (i < shown) {
        size_t length = has_lines ? display_spacing(text + i, size - i) : 0;
        if (length == 0)
            length = display_character(text + i, size - i);
        if (length == 0)
            fprintf(out, "\\x%02x", text[i++]);
        else
            fwrite(text + i, 1, length, out);
        i += length;
    }
}

void cli_print_text(FILE *out, const void *data, size_t size, size_t max)
{
    size_t shown = max != 0 && size > max ? max : size;

    display_print(out, data, size, shown, false);
    if (shown < size)
        fputs("...", out);
}

void cli_print_lines(FILE *out, const void *data, size_t size)
{
    display_print(out, data, size, size, true);
}
