/*
 * kvi_form_add, kvi_form_find, kvi_form_sort, kvi_form_hash_encoded.
 *
 * Any text is decoded or refused; what was decoded has no name twice and, encoded anew, decodes to
 * the same. Encoding into a hash is what a plain encoder writes, once and twice. The last byte
 * chooses where the input is cut into a query and a body.
 */
#include "input.h"

#include "edge/crypto.h"
#include "edge/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require_same(kv_slice a, kv_slice b)
{
    require(a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0));
}

static void encode(FILE *out, kv_slice bytes)
{
    static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char c = ((const unsigned char *)bytes.data)[i];
        fprintf(out, c != 0 && strchr(bare, c) != NULL ? "%c" : "%%%02X", c);
    }
}

static void check_hash(kv_slice bytes, int times, kv_slice text)
{
    unsigned char got[KVI_SHA256_SIZE];
    unsigned char want[KVI_SHA256_SIZE];
    kvi_hash *hash = kvi_hash_begin(KVI_SHA256);
    kvi_hash *plain = kvi_hash_begin(KVI_SHA256);

    kvi_form_hash_encoded(hash, bytes, times);
    kvi_hash_add(plain, text.data, text.size);
    require(kvi_hash_end(hash, got) == KV_OK && kvi_hash_end(plain, want) == KV_OK);
    require(memcmp(got, want, sizeof(want)) == 0);
}

static void check_encoding(kv_slice bytes)
{
    char *once = NULL;
    char *twice = NULL;
    size_t once_size = 0;
    size_t twice_size = 0;
    FILE *out = open_memstream(&once, &once_size);

    require(out != NULL);
    encode(out, bytes);
    fclose(out);
    out = open_memstream(&twice, &twice_size);
    require(out != NULL);
    encode(out, (kv_slice){once, once_size});
    fclose(out);
    check_hash(bytes, 1, (kv_slice){once, once_size});
    check_hash(bytes, 2, (kv_slice){twice, twice_size});
    free(once);
    free(twice);
}

static void check_again(const kvi_form *form)
{
    kvi_form again = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    require(out != NULL);
    for (size_t i = 0; i < form->count; i++) {
        encode(out, form->items[i].name);
        fputc('=', out);
        encode(out, form->items[i].value);
        fputc('&', out);
    }
    fclose(out);
    require(kvi_form_add(&again, text, size) == KV_OK);
    require(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        require_same(again.items[i].name, form->items[i].name);
        require_same(again.items[i].value, form->items[i].value);
    }
    free(text);
}

static void check_sorted(kvi_form *form)
{
    kvi_form_sort(form);
    for (size_t i = 0; i < form->count; i++) {
        kv_slice name = form->items[i].name;
        uint8_t *text = copy_exact(name.data, name.size);
        char *terminated = copy_text(text, name.size);
        const kvi_parameter *found = kvi_form_find(form, terminated);
        require(strlen(terminated) != name.size || found == &form->items[i]);
        if (i > 0) {
            kv_slice before = form->items[i - 1].name;
            size_t common = before.size < name.size ? before.size : name.size;
            int order = common == 0 ? 0 : memcmp(before.data, name.data, common);
            require(order < 0 || (order == 0 && before.size < name.size));
        }
        check_encoding(name);
        check_encoding(form->items[i].value);
        free(text);
        free(terminated);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kvi_form form = {0};
    size_t choice = size == 0 ? 0 : data[--size];
    size_t cut = size * choice / 255;
    char *query = (char *)copy_exact(data, cut);
    char *body = (char *)copy_exact(data + cut, size - cut);
    kv_status status = kvi_form_add(&form, query, cut);
    size_t count = form.count;

    require(status == KV_OK || (status == KV_INVALID && count == 0));
    status = kvi_form_add(&form, body, size - cut);
    require(status == KV_OK || (status == KV_INVALID && form.count == count));
    require(form.count <= KVI_FORM_PARAMETERS_MAX);
    check_again(&form);
    check_sorted(&form);
    free(query);
    free(body);
    return 0;
}
