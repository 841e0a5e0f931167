/* import: the subcommand. Its two kinds of input are in import_lines.c and import_tree.c. */
#include "cli/import.h"

#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool import_is_directory(const char *path)
{
    struct stat facts;

    return strcmp(path, "-") != 0 && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/* What import is told only at the end. */
static void import_summary(cli_import *import)
{
    cli_loader *loader = &import->loader;
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];

    cli_loader_summary(loader);
    if (import->is_all)
        printf("namespaces %s, of which %s were made\n", cli_count_text(import->namespaces, a),
               cli_count_text(import->made, b));
    if (import->skipped > 0)
        printf("skipped %s\n", cli_items_text(import->skipped, "link or special file",
                                              "links and special files", a));
    if (loader->input_line == 0 && !import->may_escape &&
        cli_tally_count(&loader->tally, KV_KEY_MALFORMED) > 0)
        puts("  --percent imports such names with percent-escapes: \"a b\" as a%20b");
}

static int import_all(cli_import *import)
{
    cli_loader *loader = &import->loader;
    char place[CLI_PLACE_SIZE];
    int code = CLI_DONE;

    cli_stop_on_interrupt();
    code = import_is_directory(import->path) ? cli_import_tree(import) : cli_import_lines(import);
    cli_loader_place(loader, place);
    if (code == CLI_DONE)
        code = cli_loader_finish(loader);
    import_summary(import);
    if (cli_interrupted()) {
        cli_message(import->run, "stopped %s%s; running it again is harmless",
                    place[0] == '\0' ? "before the end" : "at ", place);
        code = code == CLI_DONE ? CLI_SOME_FAILED : code;
    }
    if (code == CLI_DONE && loader->tally.failed > 0)
        code = CLI_SOME_FAILED;
    return code;
}

/* Open the store and find the namespace; of a whole store the input names them. */
static int import_begin(cli_import *import, const char *name, uint64_t value_size_max,
                        const char *prefix)
{
    kv_ns ns = 0;
    int code = name == NULL ? cli_open_write(import->run)
                            : cli_open_write_namespace(import->run, name, &ns);

    if (code != CLI_DONE)
        return code;
    if (import->is_all && value_size_max == 0) /* A store took them before. */
        value_size_max = KV_VALUE_SIZE_CEILING;
    code = cli_loader_start(&import->loader, import->run, value_size_max);
    import->loader.prefix = prefix;
    return code == CLI_DONE ? cli_loader_enter(&import->loader, ns) : code;
}

static int import_check_usage(cli_import *import, uint64_t value_size_max)
{
    bool is_directory = import_is_directory(import->path);

    if (value_size_max > KV_VALUE_SIZE_CEILING)
        return cli_usage(import->run, "--value-max is at most 25MiB");
    if (import->is_all && is_directory)
        return cli_usage(import->run, "--all takes a file that kv export --all wrote");
    if (import->may_escape && !is_directory)
        return cli_usage(import->run, "--percent is for the names of files: it takes a directory");
    return CLI_DONE;
}

static int import_run(cli *run)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"prefix", required_argument, NULL, 'p'},
                                            {"keep-going", no_argument, NULL, 'k'},
                                            {"percent", no_argument, NULL, 'e'},
                                            {"value-max", required_argument, NULL, 'x'},
                                            CLI_OPTIONS_COMMON};
    cli_import import = {.run = run};
    uint64_t value_size_max = 0;
    const char *prefix = NULL;
    char **arguments = NULL;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?' ||
            (option == 'x' && cli_take_size(run, "--value-max", &value_size_max) != 0))
            return run->exit_code;
        import.is_all |= option == 'a';
        import.keeps_going |= option == 'k';
        import.may_escape |= option == 'e';
        if (option == 'p')
            prefix = optarg;
    }
    arguments = cli_arguments(run, import.is_all ? 1 : 2, import.is_all ? 1 : 2, NULL);
    if (arguments == NULL)
        return run->exit_code;
    import.path = arguments[import.is_all ? 0 : 1];
    code = import_check_usage(&import, value_size_max);
    if (code != CLI_DONE)
        return code;
    code = import_begin(&import, import.is_all ? NULL : arguments[0], value_size_max, prefix);
    if (code == CLI_DONE)
        code = import_all(&import);
    cli_loader_free(&import.loader);
    return code;
}

const cli_command cli_import_commands[] = {
    {"import", "NS FILE|DIR|- | --all FILE|- [OPTIONS]",
     "Write many keys from a file or a directory, or a whole store",
     "A file, or standard input (-), has one JSON object a line, as kv export writes them: Key,\n"
     "Value, and optionally Expiration, ExpirationTtl, Metadata, \"Base64\": true where Value is\n"
     "base64 and \"MetadataBase64\": true where Metadata is; other members are ignored. From a\n"
     "directory every file becomes a value, and its path in it the key (css/site.css); links\n"
     "are not followed.\n\n"
     "  --all              all namespaces of what kv export --all wrote; those that are missing\n"
     "                     are made with their capacity and description\n"
     "  --prefix P         only the keys that begin with P\n"
     "  --keep-going       count a line that cannot be imported, and import the others\n"
     "  --percent          of a directory: what no key can have in it (white space, control\n"
     "                     characters, bytes that are not UTF-8) and % become %20 and the like\n"
     "  --value-max SIZE   allow values of more than 2,000,000 bytes, to 25MiB (--all does)\n"
     "\nKeys are written in batches of up to 10,000, and 2 MB of keys, values and metadata; one\n"
     "that fails is counted with its reason and the rest is written. A line that cannot be\n"
     "imported stops it, unless --keep-going is given; the lines before are done. It also stops\n"
     "when the namespace, the store or the disk is full, and names the line. Importing twice is\n"
     "harmless.\n"
     "\nExample:\n  kv import site public/\n  zstdcat dump.ndjson.zst | kv import --all -\n",
     import_run},
    {0},
};
