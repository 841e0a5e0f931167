#include "assets.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The assembler puts the files in; paths are seen from the root of the tree, where make runs. */
#define EMBED(name, path)                                                                          \
    __asm__(".pushsection .rodata\n" #name ":\n.incbin \"examples/edge-server/console/" path       \
            "\"\n" #name "_end:\n.byte 0\n.popsection\n");                                         \
    extern const char name[] __attribute__((visibility("hidden")));                                \
    extern const char name##_end[] __attribute__((visibility("hidden")))

EMBED(file_index, "index.html");
EMBED(file_style, "style.css");
EMBED(file_icon, "icon.svg");
EMBED(file_main, "main.js");
EMBED(file_signature, "signature.js");
EMBED(file_service, "service.js");
EMBED(file_dom, "dom.js");
EMBED(file_charts, "charts.js");
EMBED(file_overview, "overview.js");
EMBED(file_keys, "keys.js");
EMBED(file_batch, "batch.js");
EMBED(file_changes, "changes.js");

#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define JS "text/javascript; charset=utf-8"

static const asset files[] = {
    {"/console/", HTML, file_index, file_index_end},
    {"/console/style.css", CSS, file_style, file_style_end},
    {"/console/icon.svg", "image/svg+xml", file_icon, file_icon_end},
    {"/console/main.js", JS, file_main, file_main_end},
    {"/console/signature.js", JS, file_signature, file_signature_end},
    {"/console/service.js", JS, file_service, file_service_end},
    {"/console/dom.js", JS, file_dom, file_dom_end},
    {"/console/charts.js", JS, file_charts, file_charts_end},
    {"/console/overview.js", JS, file_overview, file_overview_end},
    {"/console/keys.js", JS, file_keys, file_keys_end},
    {"/console/batch.js", JS, file_batch, file_batch_end},
    {"/console/changes.js", JS, file_changes, file_changes_end},
};

const asset *asset_find(const char *path, size_t path_size)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (strlen(files[i].path) == path_size && memcmp(files[i].path, path, path_size) == 0)
            return &files[i];
    return NULL;
}

void asset_tag(const asset *file, char out[ASSET_TAG_MAX])
{
    uint64_t sum = 14695981039346656037u;

    for (const char *at = file->bytes; at < file->end; at++)
        sum = (sum ^ (unsigned char)*at) * 1099511628211u;
    (void)snprintf(out, ASSET_TAG_MAX, "\"%016" PRIx64 "\"", sum);
}
