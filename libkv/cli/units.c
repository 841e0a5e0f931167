#include "cli/units.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

bool cli_number_parse(const char *text, uint64_t *out)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (*text < '0' || *text > '9' || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out = number;
    return true;
}

bool cli_signed_parse(const char *text, int64_t *out)
{
    bool is_negative = *text == '-';
    uint64_t size = 0;

    if (!cli_number_parse(text + is_negative, &size) || size > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = is_negative && size > 0 ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return true;
}

static uint64_t units_size_unit(const char *name)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {
        {"", 1},
        {"b", 1},
        {"k", 1000},
        {"kb", 1000},
        {"m", 1000000},
        {"mb", 1000000},
        {"g", 1000000000},
        {"gb", 1000000000},
        {"t", 1000000000000},
        {"tb", 1000000000000},
        {"kib", UINT64_C(1) << 10},
        {"mib", UINT64_C(1) << 20},
        {"gib", UINT64_C(1) << 30},
        {"tib", UINT64_C(1) << 40},
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcasecmp(name, units[i].name) == 0)
            return units[i].bytes;
    return 0;
}

/* ".5" of a unit; *end_out is behind the digits. */
static uint64_t units_fraction(const char *text, uint64_t unit, const char **end_out)
{
    long double share = 0;
    long double digit_worth = 0.1L;

    if (*text == '.') {
        for (text++; isdigit((unsigned char)*text); text++, digit_worth /= 10)
            share += digit_worth * (long double)(*text - '0');
    }
    *end_out = text;
    return (uint64_t)(share * (long double)unit + 0.5L);
}

bool cli_size_parse(const char *text, uint64_t *out)
{
    char whole[24] = "";
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    uint64_t number = 0;
    uint64_t unit = 0;
    uint64_t more = 0;

    if (strcasecmp(text, "unlimited") == 0) {
        *out = UINT64_MAX;
        return true;
    }
    if (digits == 0 || digits >= sizeof(whole))
        return false;
    memcpy(whole, text, digits);
    if (!cli_number_parse(whole, &number))
        return false;
    units_fraction(rest, 1, &rest);
    rest += strspn(rest, " ");
    unit = units_size_unit(rest);
    if (unit == 0)
        return false;
    more = units_fraction(text + digits, unit, &rest);
    if (number > (UINT64_MAX - more) / unit)
        return false;
    *out = number * unit + more;
    return true;
}

bool cli_duration_parse(const char *text, int64_t *out)
{
    static const struct {
        char name;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    bool is_negative = *text == '-';
    char number[24] = "";
    size_t digits = 0;
    uint64_t value = 0;
    int64_t unit = 0;

    text += is_negative;
    digits = strspn(text, "0123456789");
    if (digits == 0 || digits >= sizeof(number))
        return false;
    memcpy(number, text, digits);
    text += digits;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (text[0] == units[i].name && text[1] == '\0')
            unit = units[i].seconds;
    if (*text == '\0')
        unit = 1;
    if (unit == 0 || !cli_number_parse(number, &value) || value > (uint64_t)(INT64_MAX / unit))
        return false;
    *out = (is_negative ? -1 : 1) * (int64_t)value * unit;
    return true;
}

bool cli_time_parse(const char *text, int64_t *out)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
                                        "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"};

    if (strchr(text, '-') == NULL || text[0] == '-') { /* Seconds are a span from 1970. */
        size_t size = strlen(text);
        return size > 0 && isdigit((unsigned char)text[size - 1]) && cli_duration_parse(text, out);
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm parts = {0};
        const char *end = strptime(text, forms[i], &parts);
        struct tm given = parts;
        if (end == NULL || *end != '\0')
            continue;
        *out = (int64_t)timegm(&parts);
        /* timegm() takes 30 February for 2 March. */
        return parts.tm_mday == given.tm_mday && parts.tm_mon == given.tm_mon;
    }
    return false;
}

const char *cli_size_text(uint64_t size, char out[CLI_TEXT_SIZE])
{
    static const char *const binary[] = {"MiB", "GiB", "TiB"};
    static const char *const decimal[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double number = (double)size;
    size_t unit = 0;

    if (size == UINT64_MAX) {
        snprintf(out, CLI_TEXT_SIZE, "unlimited");
        return out;
    }
    for (int i = 2; i >= 0; i--) {
        uint64_t bytes = UINT64_C(1) << (20 + 10 * i);
        if (size > 0 && size % bytes == 0 && size / bytes < 1024) {
            snprintf(out, CLI_TEXT_SIZE, "%u %s", (unsigned)(size / bytes), binary[i]);
            return out;
        }
    }
    if (size < 1000) {
        snprintf(out, CLI_TEXT_SIZE, "%u B", (unsigned)size);
        return out;
    }
    for (number /= 1000; number >= 999.5 && unit < 5; unit++)
        number /= 1000;
    snprintf(out, CLI_TEXT_SIZE, number < 9.95 ? "%.1f %s" : "%.0f %s", number, decimal[unit]);
    return out;
}

const char *cli_count_text(uint64_t count, char out[CLI_TEXT_SIZE])
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
    size_t used = 0;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

const char *cli_items_text(uint64_t count, const char *one, const char *many,
                           char out[CLI_TEXT_SIZE])
{
    char number[CLI_TEXT_SIZE];

    snprintf(out, CLI_TEXT_SIZE, "%.26s %.20s", cli_count_text(count, number),
             count == 1 ? one : many);
    return out;
}

const char *cli_duration_text(int64_t seconds, char out[CLI_TEXT_SIZE])
{
    uint64_t span = seconds < 0 ? (uint64_t)0 - (uint64_t)seconds : (uint64_t)seconds;

    if (span < 120)
        snprintf(out, CLI_TEXT_SIZE, "%u s", (unsigned)span);
    else if (span < 7200)
        snprintf(out, CLI_TEXT_SIZE, "%u min", (unsigned)(span / 60));
    else if (span < 172800)
        snprintf(out, CLI_TEXT_SIZE, "%u h", (unsigned)(span / 3600));
    else
        snprintf(out, CLI_TEXT_SIZE, "%llu days", (unsigned long long)(span / 86400));
    return out;
}

const char *cli_time_text(int64_t time, char out[CLI_TEXT_SIZE])
{
    struct tm parts;
    time_t seconds = (time_t)time;

    if (time < 0 || time > INT64_C(253402300799) || gmtime_r(&seconds, &parts) == NULL ||
        strftime(out, CLI_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(out, CLI_TEXT_SIZE, "%lld", (long long)time);
    return out;
}

uint64_t cli_difference(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

unsigned cli_percent(uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return 0;
    if (part >= whole)
        return 100;
    return (unsigned)(100.0L * (long double)part / (long double)whole);
}
