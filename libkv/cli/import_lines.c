/* import: NDJSON, pairs alone or the dump of a whole store. */
#include "cli/import.h"

#include "cli/dump.h"
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/namespaces.h"
#include "cli/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A value of 25 MiB in which every byte is written as \u0000, and some room for the rest. */
#define LINE_SIZE_MAX ((size_t)6 * KV_VALUE_SIZE_CEILING + 65536)

/* A line that is no pair. what: the text that follows the line's number: ", column 7: ..." or
   ": ...". */
typedef struct import_fault {
    char what[256];
} import_fault;

/* The place within the line is its column alone: its number is said in front. */
static void import_fault_set(import_fault *fault, const kvi_kvlist_error *error)
{
    const char *what = error->message + error->place_size;

    if (error->line > 0)
        snprintf(fault->what, sizeof(fault->what), ", column %zu: %s", error->column, what);
    else
        snprintf(fault->what, sizeof(fault->what), ": %s", what);
}

/* ---- The namespaces of a dump */

/* A namespace that is there keeps what it has: say so where the dump has something else. */
static int import_compare(cli_import *import, const cli_dump_namespace *wanted, kv_ns ns)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = kv_namespace_describe(import->run->snapshot, ns, &info);

    if (status != KV_OK)
        return cli_failed(import->run, status, "namespace %s", wanted->name);
    if (info.capacity != wanted->capacity)
        cli_message(import->run, "namespace %s is there already and keeps its capacity",
                    wanted->name);
    if (strcmp(info.description, wanted->description) != 0)
        cli_message(import->run, "namespace %s is there already and keeps its description",
                    wanted->name);
    return CLI_DONE;
}

/* Find the namespace or make it. */
static int import_find(cli_import *import, const cli_dump_namespace *wanted, kv_ns *out)
{
    cli *run = import->run;
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_namespace_find(run->snapshot, wanted->name, strlen(wanted->name), out);
    if (status == KV_OK)
        code = import_compare(import, wanted, *out);
    kv_snapshot_end(run->snapshot); /* It would keep pages from being used. */
    run->snapshot = NULL;
    if (status == KV_NAMESPACE_NOT_FOUND) {
        code = cli_namespace_make(run, wanted->name, wanted->description, wanted->capacity, out);
        import->made += code == CLI_DONE;
    } else if (status != KV_OK) {
        code = cli_failed(run, status, "namespace %s", wanted->name);
    }
    return code;
}

/* The line of a namespace. Behind one that is bad no pair has a namespace, up to the next. */
static int import_namespace(cli_import *import, const char *line, size_t size, import_fault *fault)
{
    cli_dump_namespace wanted;
    const char *wrong = cli_dump_read(line, size, &wanted);
    kv_ns ns = 0;
    int code = cli_loader_enter(&import->loader, 0);

    if (code == CLI_DONE && wrong != NULL) {
        snprintf(fault->what, sizeof(fault->what), ": %s", wrong);
        return CLI_REFUSED;
    }
    if (code == CLI_DONE)
        code = import_find(import, &wanted, &ns);
    if (code == CLI_DONE)
        code = cli_loader_enter(&import->loader, ns);
    import->namespaces += code == CLI_DONE;
    return code;
}

/* ---- Lines */

static bool import_line_is_blank(const char *line, size_t size)
{
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t' || line[size - 1] == '\r'))
        size--;
    return size == 0;
}

/* CLI_REFUSED with a fault: the line is bad. */
static int import_line(cli_import *import, const char *line, size_t size, import_fault *fault)
{
    kvi_kvlist_error error = {0};
    int code = CLI_REFUSED;

    fault->what[0] = '\0';
    if (line == NULL) {
        snprintf(fault->what, sizeof(fault->what), ": too long");
        return CLI_REFUSED;
    }
    if (import->loader.ns != 0)
        code = cli_loader_add_line(&import->loader, line, size, &error);
    if (import->loader.ns != 0 && (code != CLI_REFUSED || error.message[0] == '\0'))
        return code;
    if (cli_dump_is_namespace(line, size)) {
        if (import->is_all)
            return import_namespace(import, line, size, fault);
        snprintf(fault->what, sizeof(fault->what),
                 ": a namespace: dumps of whole stores are read with --all");
    } else if (import->loader.ns == 0) {
        snprintf(fault->what, sizeof(fault->what),
                 ": the line of a namespace must be before it, as kv export --all writes it");
    } else {
        import_fault_set(fault, &error);
    }
    return CLI_REFUSED;
}

/* Stop at a bad line. */
static int import_stop(const cli_import *import, const cli_lines *lines, const char *line,
                       const import_fault *fault)
{
    cli_message(import->run, "%s, line %llu%s", lines->name, (unsigned long long)lines->number,
                fault->what);
    if (lines->number == 1 && line != NULL && line[0] == '[')
        fputs("  this is an array: kv batch-put takes it, or make lines of it: jq -c '.[]'\n",
              stderr);
    else
        fputs("  stopped there; the lines before it are done, and doing them again is harmless\n"
              "  --keep-going counts such lines and imports the others\n",
              stderr);
    return CLI_REFUSED;
}

static int import_read(cli_import *import, cli_lines *lines)
{
    cli_loader *loader = &import->loader;
    import_fault fault = {""};
    const char *line = NULL;
    size_t size = 0;
    int more = 0;
    int code = CLI_DONE;

    while (code == CLI_DONE && !cli_interrupted() &&
           (more = cli_lines_next(import->run, lines, &line, &size)) > 0) {
        loader->input_done = lines->offset;
        loader->input_line = lines->number;
        if (line != NULL && import_line_is_blank(line, size))
            continue;
        code = import_line(import, line, size, &fault);
        if (code == CLI_REFUSED && fault.what[0] != '\0' && import->keeps_going) {
            cli_tally_add_bad_line(&loader->tally, lines->number, fault.what);
            code = CLI_DONE;
        }
    }
    if (more < 0)
        code = CLI_STORE_FAILED;
    if (code != CLI_REFUSED || fault.what[0] == '\0')
        return code;
    code = cli_loader_finish(loader);
    import_stop(import, lines, line, &fault);
    return code == CLI_DONE ? CLI_REFUSED : code;
}

int cli_import_lines(cli_import *import)
{
    cli_lines lines = {.name = cli_input_name(import->path), .size_max = LINE_SIZE_MAX};
    struct stat facts;
    int code = CLI_DONE;

    lines.file = cli_input_open(import->run, import->path);
    if (lines.file == NULL)
        return CLI_STORE_FAILED;
    if (fstat(fileno(lines.file), &facts) == 0 && S_ISREG(facts.st_mode))
        import->loader.input_total = (uint64_t)facts.st_size;
    code = import_read(import, &lines);
    free(lines.buffer.data);
    cli_input_close(lines.file);
    return code;
}
