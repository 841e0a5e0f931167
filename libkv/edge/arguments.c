#include "edge/arguments.h"

#include <inttypes.h>
#include <strings.h>

typedef enum argument_type {
    ARGUMENT_TEXT,
    ARGUMENT_INTEGER,
    ARGUMENT_POSITION,
    ARGUMENT_BOOLEAN
} argument_type;

/* Of an integer its bounds, of a text the most bytes; what else a text must be, its handler or the
 * store says. */
static const struct argument_row {
    const char *name;
    argument_type type;
    int64_t standard, min, max;
} argument_rows[KVI_ARGUMENTS] = {
    [KVI_ARG_NAMESPACE] = {"Namespace", ARGUMENT_TEXT, 0, 0, INT64_MAX},
    [KVI_ARG_DESCRIPTION] = {"Description", ARGUMENT_TEXT, 0, 0, KV_DESCRIPTION_SIZE_MAX},
    [KVI_ARG_KEY] = {"Key", ARGUMENT_TEXT, 0, 0, INT64_MAX},
    [KVI_ARG_VALUE] = {"Value", ARGUMENT_TEXT, 0, 0, INT64_MAX},
    [KVI_ARG_EXPIRATION_TTL] = {"ExpirationTtl", ARGUMENT_INTEGER, 0, 1, INT64_MAX},
    [KVI_ARG_EXPIRATION] = {"Expiration", ARGUMENT_INTEGER, 0, 0, INT64_MAX},
    [KVI_ARG_BASE64] = {"Base64", ARGUMENT_BOOLEAN, 0, 0, 1},
    [KVI_ARG_KV_LIST] = {"KvList", ARGUMENT_TEXT, 0, 0, INT64_MAX},
    [KVI_ARG_KEYS] = {"Keys", ARGUMENT_TEXT, 0, 0, INT64_MAX},
    [KVI_ARG_PAGE_NUMBER] = {"PageNumber", ARGUMENT_INTEGER, 1, 1, KVI_LIST_DEPTH_MAX},
    [KVI_ARG_PAGE_SIZE] = {"PageSize", ARGUMENT_INTEGER, 50, 1, 100},
    [KVI_ARG_PREFIX] = {"Prefix", ARGUMENT_TEXT, 0, 0, INT64_MAX},
    [KVI_ARG_URL] = {"Url", ARGUMENT_TEXT, 0, 0, INT64_MAX},
    [KVI_ARG_AFTER] = {"After", ARGUMENT_POSITION, 0, 0, 0},
    [KVI_ARG_EPOCH] = {"Epoch", ARGUMENT_POSITION, 0, 0, 0},
    [KVI_ARG_LIMIT] = {"Limit", ARGUMENT_INTEGER, 100, 1, 1000},
};

/* ---- One argument */

/* Digits and nothing else. false: something else, or more than 64 bits. */
static bool argument_digits(kv_slice text, uint64_t *out)
{
    const char *p = text.data;

    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (p[i] < '0' || p[i] > '9' || __builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, (uint64_t)(p[i] - '0'), out))
            return false;
    }
    return text.size > 0;
}

static bool argument_integer(kv_slice text, int64_t *out)
{
    bool is_negative = text.size > 0 && *(const char *)text.data == '-';
    uint64_t magnitude = 0;

    if (is_negative)
        text = (kv_slice){(const char *)text.data + 1, text.size - 1};
    if (!argument_digits(text, &magnitude) || magnitude > INT64_MAX)
        return false;
    *out = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

static bool argument_boolean(kv_slice text, int64_t *out)
{
    *out = text.size == 4 && strncasecmp(text.data, "true", 4) == 0;
    return *out == 1 || (text.size == 5 && strncasecmp(text.data, "false", 5) == 0);
}

static void argument_parse_integer(kvi_argument *argument, const struct argument_row *row,
                                   kvi_answer *answer)
{
    if (!argument_integer(argument->text, &argument->integer))
        kvi_answer_invalid(answer, "%s is not an integer.", row->name);
    else if (argument->integer < row->min || argument->integer > row->max)
        kvi_answer_invalid(answer, "%s is not %" PRId64 " to %" PRId64 ".", row->name, row->min,
                           row->max);
}

static void argument_parse(kvi_argument *argument, const struct argument_row *row,
                           kvi_answer *answer)
{
    switch (row->type) {
    case ARGUMENT_TEXT:
        if (argument->text.size > (uint64_t)row->max)
            kvi_answer_invalid(answer, "%s is longer than %" PRId64 " bytes.", row->name, row->max);
        break;
    case ARGUMENT_INTEGER:
        argument_parse_integer(argument, row, answer);
        break;
    case ARGUMENT_POSITION:
        if (!argument_digits(argument->text, &argument->position))
            kvi_answer_invalid(answer, "%s is not a number.", row->name);
        break;
    case ARGUMENT_BOOLEAN:
        if (!argument_boolean(argument->text, &argument->integer))
            kvi_answer_invalid(answer, "%s is neither true nor false.", row->name);
        break;
    }
}

/* ---- All of them */

bool kvi_arguments_read(const kvi_form *form, uint32_t takes, uint32_t needs,
                        kvi_argument arguments[KVI_ARGUMENTS], kvi_answer *answer)
{
    for (int id = 0; id < KVI_ARGUMENTS; id++) {
        const struct argument_row *row = &argument_rows[id];
        kvi_argument *argument = &arguments[id];
        const kvi_parameter *parameter = NULL;

        *argument = (kvi_argument){.text = {"", 0}, .integer = row->standard};
        if ((takes & 1u << id) == 0)
            continue;
        if (id == KVI_ARG_EXPIRATION && arguments[KVI_ARG_EXPIRATION_TTL].is_given)
            continue;
        parameter = kvi_form_find(form, row->name);
        if (parameter == NULL && (needs & 1u << id) != 0) {
            kvi_answer_invalid(answer, "%s is missing.", row->name);
            return false;
        }
        /* Clients send what was left out as an empty text. */
        if (parameter == NULL || (row->type != ARGUMENT_TEXT && parameter->value.size == 0))
            continue;
        argument->is_given = true;
        argument->text = parameter->value;
        argument_parse(argument, row, answer);
        if (answer->code != NULL)
            return false;
    }
    return true;
}
