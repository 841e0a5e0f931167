#include "edge/json_check.h"

#include "edge/json_text.h"
#include "edge/text.h"
#include "edge/utf8.h"

#include <stdbool.h>
#include <string.h>

typedef struct json_checker {
    const char *p;
    size_t size;
    size_t at; /* Where the next token begins. */
    uint32_t flags;
    bool is_first;                     /* Nothing is in the innermost array or object yet. */
    size_t depth;                      /* Of what is open, */
    size_t opened[KVI_JSON_DEPTH_MAX]; /* and where each of that begins. */
    const char *what;                  /* Of a fault; NULL: none so far. */
    size_t fault_end;
} json_checker;

/* Of what ends at `end`. */
static bool check_fail(json_checker *checker, size_t end, const char *what)
{
    checker->what = what;
    checker->fault_end = end < checker->size ? end : checker->size;
    return false;
}

/* Of the next character, or of the end. */
static bool check_fail_here(json_checker *checker, const char *what)
{
    return check_fail(checker, checker->at + 1, what);
}

/* The next character behind white space; 0 at the end (or for a zero byte, which is no token). */
static char check_next(json_checker *checker)
{
    while (checker->at < checker->size && kvi_json_is_space(checker->p[checker->at]))
        checker->at++;
    return checker->at < checker->size ? checker->p[checker->at] : '\0';
}

/* ---- Strings */

/* Four hex digits; -1: they are not. */
static int32_t check_hex(const json_checker *checker, size_t at)
{
    int32_t number = 0;

    if (checker->size - at < 4)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = kvi_text_lower(checker->p[i]);

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return -1;
        number = number * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return number;
}

/* The place behind the escape whose backslash is at `at`; 0 after a fault. */
static size_t check_escape(json_checker *checker, size_t at)
{
    char kind = at + 1 < checker->size ? checker->p[at + 1] : '\0';
    int32_t number, low;

    if (kind != 'u' && kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL)
        return at + 2;
    number = kind == 'u' ? check_hex(checker, at + 2) : -1;
    if (number < 0) {
        (void)check_fail(checker, at + 2, "an invalid escape");
        return 0;
    }
    if ((number & 0xF800) != 0xD800)
        return at + 6;
    low = -1;
    if (number < 0xDC00 && checker->size - at >= 12 && memcmp(checker->p + at + 6, "\\u", 2) == 0)
        low = check_hex(checker, at + 8);
    if ((low & ~0x3FF) != 0xDC00) {
        (void)check_fail(checker, at + 6, "a lone surrogate, which is no character");
        return 0;
    }
    return at + 12;
}

/* From the quote on. */
static bool check_string(json_checker *checker)
{
    const char *p = checker->p;
    size_t begin = checker->at + 1;
    size_t at = begin;
    size_t valid;

    while (at < checker->size && p[at] != '"') {
        if ((unsigned char)p[at] < 0x20)
            return check_fail(checker, at + 1, "a control character in a string");
        if (p[at] == '\\') {
            at = check_escape(checker, at);
            if (at == 0)
                return false;
        } else {
            at++;
            at += kvi_json_plain_size(p + at, checker->size - at);
        }
    }
    valid = kvi_utf8_valid_size(p + begin, at - begin);
    if (valid < at - begin)
        return check_fail(checker, begin + valid + 1, "not UTF-8 text");
    if (at >= checker->size)
        return check_fail(checker, at, "the text ends in a string");
    checker->at = at + 1;
    return true;
}

/* ---- Numbers and words */

static size_t check_digits(const json_checker *checker, size_t at)
{
    while (at < checker->size && checker->p[at] >= '0' && checker->p[at] <= '9')
        at++;
    return at;
}

/* Behind a fraction and an exponent, where they are; 0: one has no digits. */
static size_t check_real_part(const json_checker *checker, size_t at)
{
    const char *p = checker->p;
    size_t digits = at;

    if (at < checker->size && p[at] == '.') {
        digits = at + 1;
        at = check_digits(checker, digits);
        if (at == digits)
            return 0;
    }
    if (at < checker->size && (p[at] == 'e' || p[at] == 'E')) {
        digits = at + 1;
        if (digits < checker->size && (p[digits] == '+' || p[digits] == '-'))
            digits++;
        at = check_digits(checker, digits);
        if (at == digits)
            return 0;
    }
    return at;
}

static bool check_number(json_checker *checker)
{
    const char *p = checker->p;
    size_t begin = checker->at;
    size_t first = begin + (p[begin] == '-');
    size_t end = check_digits(checker, first);
    size_t behind;
    int64_t number;

    if (end == first || (p[first] == '0' && end > first + 1))
        return check_fail(checker, first + 1, "an invalid number");
    behind = check_real_part(checker, end);
    if (behind == 0)
        return check_fail(checker, end + 1, "an invalid number");
    if (behind == end && !kvi_json_integer(kvi_text(p + begin, end - begin), &number))
        return check_fail(checker, end, "an integer that is too large");
    checker->at = behind;
    return true;
}

static bool check_word(json_checker *checker)
{
    static const char *const words[] = {"true", "false", "null"};
    kv_slice left = kvi_text(checker->p + checker->at, checker->size - checker->at);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (kvi_text_begins(left, words[i])) {
            checker->at += strlen(words[i]);
            return true;
        }
    }
    return check_fail_here(checker, left.size == 0 ? "the text ends too early" : "no value");
}

/* ---- Arrays and objects */

static bool check_open(json_checker *checker)
{
    if (checker->depth == KVI_JSON_DEPTH_MAX)
        return check_fail_here(checker, "too deep");
    checker->opened[checker->depth++] = checker->at++;
    checker->is_first = true;
    return true;
}

/* A value, or the beginning of one that holds others. */
static bool check_value(json_checker *checker)
{
    char c = check_next(checker);

    if (c == '[' || c == '{')
        return check_open(checker);
    if (c == '"')
        return check_string(checker);
    if (c == '-' || (c >= '0' && c <= '9'))
        return check_number(checker);
    return check_word(checker);
}

/* Whether the name at `begin` is one of those before it. Everything before it has been checked. */
static bool check_is_twice(const json_checker *checker, kv_slice name, size_t begin)
{
    size_t opened = checker->opened[checker->depth - 1];
    kv_slice object = kvi_text(checker->p + opened, begin - opened);
    kv_slice other, value;
    size_t at = 0;

    while (kvi_json_next(object, &at, &other, &value))
        if (kvi_json_strings_equal(name, other))
            return true;
    return false;
}

/* A member's name and the colon. */
static bool check_name(json_checker *checker)
{
    size_t begin;

    if (check_next(checker) != '"')
        return check_fail_here(checker, "a member's name expected");
    begin = checker->at;
    if (!check_string(checker))
        return false;
    if ((checker->flags & KVI_JSON_UNIQUE) != 0 &&
        check_is_twice(checker, kvi_text(checker->p + begin, checker->at - begin), begin))
        return check_fail(checker, checker->at, "an object has a member twice");
    if (check_next(checker) != ':')
        return check_fail_here(checker, "no ':' behind a name");
    checker->at++;
    return true;
}

/* Behind a value, or at the front of an array or object: close what ends here, and go to where the
 * next value begins. */
static bool check_between(json_checker *checker)
{
    while (checker->depth > 0) {
        bool is_object = checker->p[checker->opened[checker->depth - 1]] == '{';
        bool is_at_front = checker->is_first;
        char c = check_next(checker);

        checker->is_first = false;
        if (c == (is_object ? '}' : ']')) {
            checker->at++;
            checker->depth--;
            continue;
        }
        if (!is_at_front && c != ',')
            return check_fail_here(checker, is_object ? "no ',' or '}' behind a member"
                                                      : "no ',' or ']' behind an element");
        checker->at += !is_at_front;
        return is_object ? check_name(checker) : true;
    }
    return true;
}

static bool check_all(json_checker *checker)
{
    char c = check_next(checker);

    if (c != '[' && c != '{')
        return check_fail_here(checker, "'[' or '{' expected");
    do {
        if (!check_value(checker) || !check_between(checker))
            return false;
    } while (checker->depth > 0);
    return true;
}

/* ---- The whole */

static void check_tell(const json_checker *checker, kvi_json_fault *fault)
{
    size_t line_begin = 0;

    *fault = (kvi_json_fault){.line = 1, .what = checker->what};
    for (size_t i = 0; i < checker->fault_end; i++) {
        if (checker->p[i] == '\n') {
            fault->line++;
            line_begin = i + 1;
        }
    }
    if (checker->fault_end > line_begin)
        fault->column =
            kvi_utf8_count(kvi_text(checker->p + line_begin, checker->fault_end - line_begin));
}

kv_status kvi_json_check(kv_slice text, uint32_t flags, kv_slice *root_out, kvi_json_fault *fault)
{
    json_checker checker = {.p = text.data, .size = text.size, .flags = flags};

    if (check_all(&checker)) {
        size_t begin = 0;

        while (kvi_json_is_space(checker.p[begin]))
            begin++;
        *root_out = kvi_text(checker.p + begin, checker.at - begin);
        (void)check_next(&checker);
        if (checker.at == checker.size)
            return KV_OK;
        (void)check_fail_here(&checker, "end of text expected");
    }
    check_tell(&checker, fault);
    return KV_INVALID;
}
