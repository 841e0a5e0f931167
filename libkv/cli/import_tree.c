/* import: a directory, every file of which becomes a value. */
#include "cli/import.h"

#include "cli/failure.h"
#include "cli/input.h"
#include "cli/interrupt.h"

#include "edge/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct import_tree {
    cli_import *import;
    size_t root_size; /* Of the path that keys do not have. */
    cli_bytes bytes;  /* The file being read. */
} import_tree;

/* Bytes of a key, its end and all of it escaped. */
#define KEY_SIZE (3 * PATH_MAX + 1)

static int import_path(import_tree *tree, const char *path);

/* ---- Names that are no keys */

/* Bytes of the character at the front that a key can have as it is; 0: none. A percent sign is
   escaped too, so that no two names give one key. */
static size_t import_plain_size(const char *name, size_t size)
{
    unsigned char first = (unsigned char)name[0];

    return first <= 0x20 || first == 0x7F || first == '%' ? 0 : kvi_utf8_character_size(name, size);
}

static void import_escape(const char *name, char out[KEY_SIZE])
{
    size_t left = strlen(name);
    char *end = out + KEY_SIZE;

    while (left > 0 && end - out > 4) {
        size_t size = import_plain_size(name, left);

        if (size > 0) {
            memcpy(out, name, size);
            out += size;
        } else {
            size = 1;
            out += sprintf(out, "%%%02X", (unsigned)(unsigned char)*name);
        }
        name += size;
        left -= size;
    }
    *out = '\0';
}

/* ---- Files */

/* What cannot be read is counted, and the rest is imported. */
static int import_unreadable(import_tree *tree, const char *path, const char *key)
{
    if (errno != 0)
        cli_message(tree->import->run, "cannot read %s: %s", path, strerror(errno));
    cli_tally_add_unreadable(&tree->import->loader.tally, key, strlen(key));
    return CLI_DONE;
}

static int import_file(import_tree *tree, const char *path, const char *name, uint64_t size)
{
    cli_loader *loader = &tree->import->loader;
    uint64_t limit = loader->options.limits.value_size_max;
    char escaped[KEY_SIZE];
    const char *key = name;

    if (tree->import->may_escape) {
        import_escape(name, escaped);
        key = escaped;
    }
    if (!cli_loader_takes(loader, key, strlen(key)))
        return CLI_DONE;
    if (limit == 0)
        limit = KV_VALUE_SIZE_DEFAULT;
    if (size > limit) { /* Do not read it to learn that. */
        cli_tally_add(&loader->tally, KV_VALUE_TOO_LONG, 0, key, strlen(key));
        return CLI_DONE;
    }
    if (cli_input_read_all(tree->import->run, path, KV_VALUE_SIZE_CEILING, &tree->bytes) !=
        CLI_DONE) {
        errno = 0; /* It has been said. */
        return import_unreadable(tree, path, key);
    }
    return cli_loader_add_pair(loader, key, tree->bytes.data, tree->bytes.size);
}

static int import_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int import_is_child(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Recursion ends where the system's longest path does. */
static int import_children(import_tree *tree, const char *path, const char *key)
{
    struct dirent **children = NULL;
    int count = scandir(path, &children, import_is_child, import_by_name);
    int code = CLI_DONE;

    if (count < 0)
        return import_unreadable(tree, path, key);
    for (int i = 0; i < count; i++) {
        char *child = NULL;
        if (code == CLI_DONE && !cli_interrupted()) {
            if (asprintf(&child, "%s/%s", path, children[i]->d_name) < 0)
                code = cli_failed(tree->import->run, KV_NO_MEMORY, "%s", path);
            else
                code = import_path(tree, child);
            free(child);
        }
        free(children[i]);
    }
    free(children);
    return code;
}

static int import_path(import_tree *tree, const char *path)
{
    const char *key = path + tree->root_size;
    struct stat facts;

    key += strspn(key, "/");
    if (lstat(path, &facts) != 0)
        return import_unreadable(tree, path, key);
    if (S_ISDIR(facts.st_mode))
        return import_children(tree, path, key);
    if (S_ISREG(facts.st_mode))
        return import_file(tree, path, key, (uint64_t)facts.st_size);
    tree->import->skipped++;
    return CLI_DONE;
}

int cli_import_tree(cli_import *import)
{
    import_tree tree = {.import = import, .root_size = strlen(import->path)};
    int code = CLI_DONE;

    while (tree.root_size > 0 && import->path[tree.root_size - 1] == '/')
        import->path[--tree.root_size] = '\0';
    /* The root may be a link, and "/" has become "". */
    code = import_children(&tree, import->path[0] == '\0' ? "/" : import->path, "");
    free(tree.bytes.data);
    return code;
}
