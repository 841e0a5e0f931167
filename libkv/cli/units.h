/**
 * Sizes, time spans and times, as a person writes and reads them. No state, no store.
 *
 * The parsers answer false for what is not of the kind or does not fit. The texts go into the
 * caller's array, and come back for use in a printf.
 */
#ifndef KVI_CLI_UNITS_H
#define KVI_CLI_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes of a text below, with its terminator. */
#define CLI_TEXT_SIZE 48

/** Digits and nothing else. */
bool cli_number_parse(const char *text, uint64_t *out);
/** The same, behind a '-' or not. */
bool cli_signed_parse(const char *text, int64_t *out);
/** 2000000, 1.5MB, 10k (decimal units), 1GiB (binary), unlimited (UINT64_MAX). Case is ignored. */
bool cli_size_parse(const char *text, uint64_t *out);
/** Seconds, or a whole number with s, m, h, d or w behind it; a sign is allowed. */
bool cli_duration_parse(const char *text, int64_t *out);
/** Unix seconds, or UTC: 2030-12-31, 2030-12-31T23:59, 2030-12-31T23:59:59Z. */
bool cli_time_parse(const char *text, int64_t *out);

/** "1.4 MB", decimal; "1 GiB" for a whole number of binary units; "unlimited". */
const char *cli_size_text(uint64_t size, char out[CLI_TEXT_SIZE]);
/** "1,234,567" */
const char *cli_count_text(uint64_t count, char out[CLI_TEXT_SIZE]);
/** "1 key", "1,234 keys"; the names have at most 20 bytes. */
const char *cli_items_text(uint64_t count, const char *one, const char *many,
                           char out[CLI_TEXT_SIZE]);
/** "59 s", "12 min", "3 h", "5 days"; of the size alone, without a sign. */
const char *cli_duration_text(int64_t seconds, char out[CLI_TEXT_SIZE]);
/** "2030-12-31T23:59:59Z"; the bare number for years that have no such form. */
const char *cli_time_text(int64_t time, char out[CLI_TEXT_SIZE]);
/** a - b; 0 if b is more. */
uint64_t cli_difference(uint64_t a, uint64_t b);
/** 0 to 100, rounded down; 0 for parts of nothing. */
unsigned cli_percent(uint64_t part, uint64_t whole);

#endif
