/*
 * kvi_kvlist_add_array, _add_object, _add_keys, kvi_kvlist_write.
 *
 * Any text is read or refused with a message. What was read and is written again, as lines or as
 * an array, reads as the same operations. The last byte chooses the shape and the flags.
 */
#include "input.h"

#include "edge/kvlist.h"

#include <stdio.h>

static void require_same(const void *a, size_t a_size, const void *b, size_t b_size)
{
    require(a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0));
}

static void compare(const kv_op *want, const kv_op *got)
{
    int ttl_wins = (want->flags & KV_OP_TTL) != 0;

    require_same(want->key, want->key_size, got->key, got->key_size);
    require_same(want->value, want->value_size, got->value, got->value_size);
    require_same(want->metadata, want->metadata_size, got->metadata, got->metadata_size);
    require(got->flags == (ttl_wins ? (uint32_t)KV_OP_TTL : want->flags));
    require(ttl_wins ? got->ttl_s == want->ttl_s : got->expires_at == want->expires_at);
}

/* Write each operation, read it as a line, and all of them as an array. */
static void round_trip(const kvi_kvlist *list)
{
    kvi_kvlist lines = {0};
    kvi_kvlist array = {0};
    char *text = NULL;
    size_t text_size = 0;
    FILE *out = open_memstream(&text, &text_size);

    require(out != NULL);
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        kvi_json_writer line = {0};
        require(kvi_kvlist_write(&line, &list->ops[i]) == KV_OK);
        require(kvi_kvlist_add_object(&lines, line.text, line.size, KVI_KVLIST_EXTRAS, NULL) ==
                KV_OK);
        fprintf(out, i == 0 ? "%.*s" : ",%.*s", (int)line.size, line.text);
        kvi_json_write_free(&line);
    }
    fputc(']', out);
    fclose(out);
    require(kvi_kvlist_add_array(&array, text, text_size, KVI_KVLIST_EXTRAS, NULL) == KV_OK);
    require(lines.count == list->count && array.count == list->count);
    require(lines.bytes == list->bytes && array.bytes == list->bytes);
    for (size_t i = 0; i < list->count; i++) {
        compare(&list->ops[i], &lines.ops[i]);
        compare(&list->ops[i], &array.ops[i]);
    }
    free(text);
    kvi_kvlist_free(&lines);
    kvi_kvlist_free(&array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};
    uint8_t choice = cut_choice(data, &size);
    uint32_t flags = (choice & 1) != 0 ? 0 : (uint32_t)KVI_KVLIST_EXTRAS;
    kv_status status = KV_OK;

    switch (choice >> 1 & 3) {
    case 0:
        status = kvi_kvlist_add_object(&list, data, size, flags, &error);
        break;
    case 2:
        status = kvi_kvlist_add_keys(&list, data, size, &error);
        break;
    default: /* '\n', which ends a text file, means an array with the extras. */
        status = kvi_kvlist_add_array(&list, data, size, flags, &error);
        break;
    }
    require(status == KV_OK || status == KV_INVALID || status == KV_NO_MEMORY);
    require(status != KV_INVALID || (error.message[0] != '\0' && list.count == 0));
    if (list.count > 0 && list.ops[0].kind == KV_PUT)
        round_trip(&list);
    kvi_kvlist_free(&list);
    return 0;
}
