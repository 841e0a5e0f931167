#include "edge/form.h"

#include "edge/crypto.h"
#include "edge/text.h"

#include <stdlib.h>

/* ---- Decoding */

static int form_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = kvi_text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode in place; the text only gets shorter. */
static kv_status form_decode(char *text, size_t size, kv_slice *out)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < size ? form_hex_digit(text[i + 1]) : -1;
            int low = i + 2 < size ? form_hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return KV_INVALID;
            c = (char)(high << 4 | low);
            i += 2;
        }
        text[used++] = c;
    }
    *out = kvi_text(text, used);
    return KV_OK;
}

/* "name=value" or "name". */
static kv_status form_add_part(kvi_form *form, char *part, size_t size)
{
    char *equals = memchr(part, '=', size);
    size_t name_size = equals == NULL ? size : (size_t)(equals - part);
    char *value = equals == NULL ? part + size : equals + 1;
    kvi_parameter parameter = {0};
    kv_status status = form_decode(part, name_size, &parameter.name);

    if (status == KV_OK)
        status = form_decode(value, size - (size_t)(value - part), &parameter.value);
    if (status != KV_OK)
        return status;
    for (size_t i = 0; i < form->count; i++)
        if (kvi_text_equal(form->items[i].name, parameter.name))
            return KV_INVALID;
    if (form->count == KVI_FORM_PARAMETERS_MAX)
        return KV_INVALID;
    form->items[form->count++] = parameter;
    return KV_OK;
}

kv_status kvi_form_add(kvi_form *form, char *text, size_t size)
{
    size_t count = form->count;
    kv_status status = KV_OK;

    while (size > 0 && status == KV_OK) {
        char *end = memchr(text, '&', size);
        size_t part_size = end == NULL ? size : (size_t)(end - text);
        if (part_size > 0)
            status = form_add_part(form, text, part_size);
        part_size += end != NULL;
        text += part_size;
        size -= part_size;
    }
    if (status != KV_OK)
        form->count = count;
    return status;
}

/* ---- Parameters */

const kvi_parameter *kvi_form_find(const kvi_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (kvi_text_is(form->items[i].name, name))
            return &form->items[i];
    return NULL;
}

static int form_compare(const void *a, const void *b)
{
    const kvi_parameter *left = a;
    const kvi_parameter *right = b;

    return kvi_text_compare(left->name, right->name);
}

void kvi_form_sort(kvi_form *form)
{
    qsort(form->items, form->count, sizeof(form->items[0]), form_compare);
}

/* ---- Encoding */

static bool form_is_bare(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void kvi_form_hash_encoded(struct kvi_hash *hash, kv_slice bytes, int times)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *text = bytes.data;
    char out[4096];
    size_t used = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (used + 5 > sizeof(out)) {
            kvi_hash_add(hash, out, used);
            used = 0;
        }
        if (form_is_bare(text[i])) {
            out[used++] = text[i];
            continue;
        }
        out[used++] = '%';
        if (times == 2) { /* The '%' itself becomes "%25". */
            out[used++] = '2';
            out[used++] = '5';
        }
        out[used++] = digits[byte >> 4];
        out[used++] = digits[byte & 15];
    }
    kvi_hash_add(hash, out, used);
}
