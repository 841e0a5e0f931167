/* import: a file of NDJSON, standard input, or a directory of files. */
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/loader.h"
#include "cli/store.h"
#include "cli/units.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A value of 25 MiB in which every byte is written as \u0000, and some room for the rest. */
#define LINE_SIZE_MAX ((size_t)6 * KV_VALUE_SIZE_CEILING + 65536)

/* ---- NDJSON */

static int import_bad_line(const cli *run, const char *path, const cli_lines *lines,
                           const char *line, const kvi_kvlist_error *error)
{
    cli_message(run, "%s, line %llu: %s", cli_input_name(path), (unsigned long long)lines->number,
                error->message);
    if (lines->number == 1 && line[0] == '[')
        fputs("  this is an array: kv batch-put takes it, or make lines of it: jq -c '.[]'\n",
              stderr);
    else
        fputs("  stopped there; the lines before it are done, and doing them again is harmless\n",
              stderr);
    return CLI_REFUSED;
}

static bool import_line_is_blank(const char *line, size_t size)
{
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t' || line[size - 1] == '\r'))
        size--;
    return size == 0;
}

static int import_lines(cli *run, const char *path, FILE *file, cli_loader *loader)
{
    cli_lines lines = {.file = file, .size_max = LINE_SIZE_MAX};
    kvi_kvlist_error error = {0};
    const char *line = NULL;
    size_t size = 0;
    int more = 0;
    bool is_bad = false;
    int code = CLI_DONE;

    while (code == CLI_DONE && !cli_interrupted() &&
           (more = cli_lines_next(run, &lines, &line, &size)) > 0) {
        loader->input_done = lines.offset;
        if (import_line_is_blank(line, size))
            continue;
        error.message[0] = '\0';
        code = cli_loader_add_line(loader, line, size, &error);
        is_bad = code == CLI_REFUSED && error.message[0] != '\0';
    }
    if (more < 0)
        code = CLI_STORE_FAILED;
    if (is_bad) {
        int flushed = cli_loader_flush(loader);
        code = import_bad_line(run, path, &lines, line, &error);
        if (flushed != CLI_DONE)
            code = flushed;
    }
    free(lines.buffer.data);
    return code;
}

static int import_file(cli *run, const char *path, cli_loader *loader)
{
    FILE *file = cli_input_open(run, path);
    struct stat facts;
    int code = CLI_STORE_FAILED;

    if (file == NULL)
        return code;
    if (fstat(fileno(file), &facts) == 0 && S_ISREG(facts.st_mode))
        loader->input_total = (uint64_t)facts.st_size;
    code = import_lines(run, path, file, loader);
    cli_input_close(file);
    return code;
}

/* ---- A directory */

typedef struct import_tree {
    cli *run;
    cli_loader *loader;
    size_t root_size; /* Of the path that keys do not have. */
    uint64_t skipped; /* Links and special files: counted, not followed. */
    cli_bytes bytes;  /* The file being read. */
} import_tree;

static int import_path(import_tree *tree, const char *path);

/* What cannot be read is counted, and the rest is imported. */
static int import_unreadable(import_tree *tree, const char *path, const char *key)
{
    if (errno != 0)
        cli_message(tree->run, "cannot read %s: %s", path, strerror(errno));
    cli_tally_add_unreadable(&tree->loader->tally, key, strlen(key));
    return CLI_DONE;
}

static int import_one_file(import_tree *tree, const char *path, const char *key, uint64_t size)
{
    uint64_t limit = tree->loader->options.limits.value_size_max;

    if (limit == 0)
        limit = KV_VALUE_SIZE_DEFAULT;
    if (size > limit) { /* Do not read it to learn that. */
        cli_tally_add(&tree->loader->tally, KV_VALUE_TOO_LONG, key, strlen(key));
        return CLI_DONE;
    }
    if (cli_input_read_all(tree->run, path, KV_VALUE_SIZE_CEILING, &tree->bytes) != CLI_DONE) {
        errno = 0; /* It has been said. */
        return import_unreadable(tree, path, key);
    }
    return cli_loader_add_pair(tree->loader, key, tree->bytes.data, tree->bytes.size);
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
                code = cli_failed(tree->run, KV_NO_MEMORY, "%s", path);
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
        return import_one_file(tree, path, key, (uint64_t)facts.st_size);
    tree->skipped++;
    return CLI_DONE;
}

static int import_directory(cli *run, char *path, cli_loader *loader, uint64_t *skipped)
{
    import_tree tree = {.run = run, .loader = loader};
    int code = 0;

    tree.root_size = strlen(path);
    while (tree.root_size > 0 && path[tree.root_size - 1] == '/')
        path[--tree.root_size] = '\0';
    /* The root may be a link, and "/" has become "". */
    code = import_children(&tree, path[0] == '\0' ? "/" : path, "");
    free(tree.bytes.data);
    *skipped = tree.skipped;
    return code;
}

/* ---- The subcommand */

static int import_all(cli *run, char *path, cli_loader *loader)
{
    struct stat facts;
    uint64_t skipped = 0;
    char text[CLI_TEXT_SIZE];
    int flushed = 0;
    int code = CLI_DONE;

    cli_stop_on_interrupt();
    if (strcmp(path, "-") != 0 && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))
        code = import_directory(run, path, loader, &skipped);
    else
        code = import_file(run, path, loader);
    if (code == CLI_DONE) {
        flushed = cli_loader_flush(loader);
        code = flushed;
    }
    cli_loader_summary(loader);
    if (skipped > 0)
        printf("skipped %s\n",
               cli_items_text(skipped, "link or special file", "links, special files", text));
    if (cli_interrupted()) {
        cli_message(run, "stopped before the end; running it again is harmless");
        code = code == CLI_DONE ? CLI_SOME_FAILED : code;
    }
    if (code == CLI_DONE && loader->tally.failed > 0)
        code = CLI_SOME_FAILED;
    return code;
}

static int import_run(cli *run)
{
    static const struct option options[] = {{"value-max", required_argument, NULL, 'x'},
                                            CLI_OPTIONS_COMMON};
    cli_loader loader;
    uint64_t value_size_max = 0;
    char **arguments = NULL;
    kv_ns ns = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1)
        if (option == '?' || cli_take_size(run, "--value-max", &value_size_max) != 0)
            return run->exit_code;
    arguments = cli_arguments(run, 2, 2, NULL);
    if (arguments == NULL)
        return run->exit_code;
    if (value_size_max > KV_VALUE_SIZE_CEILING)
        return cli_usage(run, "--value-max is at most 25MiB");
    code = cli_open_write_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    code = cli_loader_start(&loader, run, ns, value_size_max);
    if (code == CLI_DONE)
        code = import_all(run, arguments[1], &loader);
    cli_loader_free(&loader);
    return code;
}

const cli_command cli_import_commands[] = {
    {"import", "NS FILE|DIR|- [--value-max SIZE]", "Write many keys from a file or a directory",
     "A file, or standard input (-), has one JSON object a line, as kv export writes them: Key,\n"
     "Value, and if wanted Expiration, ExpirationTtl, Metadata, \"Base64\": true where Value is\n"
     "base64 and \"MetadataBase64\": true where Metadata is; other members are ignored. Of a\n"
     "directory every file becomes a value, its path from there on the key (css/site.css); links\n"
     "are not followed.\n\n"
     "  --value-max SIZE   allow values of more than 2,000,000 bytes, to 25MiB\n"
     "\nKeys are written in batches of up to 10,000, and 2 MB of keys, values and metadata; one\n"
     "that fails is counted with its reason and the rest is written. A line that is no such\n"
     "object stops it, the lines before are done. Importing twice is harmless.\n"
     "\nExample:\n  kv import site public/\n  zstdcat dump.ndjson.zst | kv import site -\n",
     import_run},
    {0},
};
