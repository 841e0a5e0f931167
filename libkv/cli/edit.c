/* edit: a key's value in the editor. Between reading and writing the store is closed, so that
 * nothing is held while somebody types; the version decides whether the key is still the one that
 * was read. */
#include "cli/failure.h"
#include "cli/input.h"
#include "cli/store.h"
#include "cli/write_key.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUFFIX_SIZE_MAX                                                                            \
    16 /* ".html", as far as a key has one: editors tell kinds of text by it.                      \
        */

typedef struct edit_text {
    const char *namespace_name;
    const char *key;
    cli_kept kept;
    char *value; /* As it was read; owned. */
    size_t value_size;
    char *path; /* The file that is edited; owned. */
    cli_bytes edited;
} edit_text;

/* ---- Reading */

static int edit_read(cli *run, edit_text *text)
{
    kv_buf buf = {0};
    kv_entry entry = {0};
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = cli_open_write_namespace(run, text->namespace_name, &ns);

    if (code == CLI_DONE)
        code = cli_snapshot(run);
    if (code != CLI_DONE)
        return code;
    status = kv_get_entry(run->snapshot, ns, text->key, strlen(text->key), 0, &buf, &entry);
    if (status == KV_OK) {
        cli_kept_take(&text->kept, &entry);
        text->value_size = entry.value.size;
        text->value = malloc(entry.value.size + 1);
        if (text->value == NULL)
            status = KV_NO_MEMORY;
        else if (entry.value.size > 0)
            memcpy(text->value, entry.value.data, entry.value.size);
    }
    kv_buf_free(&buf);
    cli_close(run);
    if (status == KV_NOT_FOUND)
        return cli_absent(run, text->key);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "%s", text->key);
}

/* The key's suffix, if it is one of letters and digits; else its end. */
static const char *edit_suffix(const char *key)
{
    const char *end = key + strlen(key);
    const char *dot = strrchr(key, '.');

    if (dot == NULL || end - dot > SUFFIX_SIZE_MAX)
        return end;
    for (const char *c = dot + 1; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c))
            return end;
    return dot;
}

/* Make the file and write the value into it. */
static int edit_make_file(const cli *run, edit_text *text)
{
    const char *directory = getenv("TMPDIR");
    const char *suffix = edit_suffix(text->key);
    FILE *file = NULL;
    int fd = -1;
    bool is_written = false;

    if (directory == NULL || *directory == '\0')
        directory = "/tmp";
    if (asprintf(&text->path, "%s/kv-edit-XXXXXX%s", directory, suffix) < 0) {
        text->path = NULL;
        return cli_failed(run, KV_NO_MEMORY, "%s", text->key);
    }
    fd = mkostemps(text->path, (int)strlen(suffix), O_CLOEXEC); /* Mode 0600. */
    if (fd < 0) {
        cli_message(run, "cannot make a file in %s: %s", directory, strerror(errno));
        free(text->path);
        text->path = NULL;
        return CLI_STORE_FAILED;
    }
    file = fdopen(fd, "wb");
    if (file == NULL) {
        close(fd);
    } else {
        is_written = fwrite(text->value, 1, text->value_size, file) == text->value_size;
        is_written = fclose(file) == 0 && is_written;
    }
    if (!is_written)
        cli_message(run, "cannot write %s: %s", text->path, strerror(errno));
    return is_written ? CLI_DONE : CLI_STORE_FAILED;
}

/* ---- The editor */

static const char *edit_editor(void)
{
    static const char *const names[] = {"VISUAL", "EDITOR"};

    for (size_t i = 0; i < 2; i++) {
        const char *editor = getenv(names[i]);
        if (editor != NULL && *editor != '\0')
            return editor;
    }
    return "vi";
}

/* In the child: the editor may be a command line, so the shell runs it. */
static void edit_exec(const char *editor, const char *path)
{
    char *line = NULL;

    if (asprintf(&line, "%s \"$@\"", editor) > 0)
        execl("/bin/sh", "sh", "-c", line, editor, path, (char *)NULL);
    _exit(127);
}

/* Run it and wait. Its exit status; 128 and more: ended by a signal; -1: it could not be run. */
static int edit_run_editor(const char *editor, const char *path)
{
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct sigaction interrupt;
    struct sigaction quit;
    int status = 0;
    pid_t child;
    pid_t ended = -1;

    /* As system() does: these are meant for the editor. */
    sigaction(SIGINT, &ignored, &interrupt);
    sigaction(SIGQUIT, &ignored, &quit);
    child = fork();
    if (child == 0) {
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
        signal(SIGPIPE, SIG_DFL);
        edit_exec(editor, path);
    }
    if (child > 0)
        while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
            ;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    if (ended < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool edit_is_changed(const edit_text *text)
{
    return text->edited.size != text->value_size ||
           (text->value_size > 0 && memcmp(text->edited.data, text->value, text->value_size) != 0);
}

/* Let it be edited, and read what came of it. *is_changed_out: whether the file is worth keeping.
 */
static int edit_file(const cli *run, edit_text *text, bool *is_changed_out)
{
    const char *editor = edit_editor();
    int status = edit_run_editor(editor, text->path);
    int error = errno;
    int code = cli_input_read_all(run, text->path, KV_VALUE_SIZE_CEILING, &text->edited);

    *is_changed_out = code != CLI_DONE;
    if (code != CLI_DONE)
        return code;
    /* Editors end the last line. If the value does not, that is none of its bytes. */
    if (text->edited.size > 0 && text->edited.data[text->edited.size - 1] == '\n' &&
        (text->value_size == 0 || text->value[text->value_size - 1] != '\n'))
        text->edited.size--;
    *is_changed_out = edit_is_changed(text);
    if (status == 0)
        return CLI_DONE;
    if (status > 0) {
        cli_message(run, "%s ended with %d: nothing was written", editor, status);
        return CLI_REFUSED;
    }
    cli_message(run, "cannot run %s: %s", editor, strerror(error));
    return CLI_STORE_FAILED;
}

/* ---- Writing */

static int edit_write(cli *run, const edit_text *text)
{
    kv_op op = {.key = text->key,
                .key_size = strlen(text->key),
                .value = text->edited.data,
                .value_size = text->edited.size};
    kv_verdict verdict = {0};
    kv_ns ns = 0;
    int code = cli_open_write_namespace(run, text->namespace_name, &ns);

    if (code != CLI_DONE)
        return code;
    cli_kept_give(&text->kept, true, true, &op);
    code = cli_write_key(run, ns, &op, KV_VALUE_SIZE_CEILING, &verdict);
    if (code != CLI_DONE)
        return code;
    if (verdict.status == KV_VERSION_MISMATCH) {
        cli_message(run, "%s was %s while you edited it: nothing was written", text->key,
                    verdict.version == 0 ? "deleted, or has expired,"
                                         : "written by another process");
        return CLI_REFUSED;
    }
    return cli_print_verdict(run, text->key, &verdict);
}

static int edit_all(cli *run, edit_text *text)
{
    bool is_changed = false;
    int code = edit_read(run, text);

    if (code == CLI_DONE)
        code = edit_make_file(run, text);
    if (code == CLI_DONE)
        code = edit_file(run, text, &is_changed);
    if (code == CLI_DONE && is_changed)
        code = edit_write(run, text);
    else if (code == CLI_DONE)
        puts("not changed");
    if (text->path == NULL)
        return code;
    if (code != CLI_DONE && is_changed)
        cli_message(run, "what you edited is in %s", text->path);
    else if (unlink(text->path) != 0)
        cli_message(run, "cannot remove %s: %s", text->path, strerror(errno));
    return code;
}

static int edit_run(cli *run)
{
    char **arguments = cli_only_arguments(run, 2, 2, NULL);
    edit_text text = {0};
    int code = 0;

    if (arguments == NULL)
        return run->exit_code;
    text.namespace_name = arguments[0];
    text.key = arguments[1];
    code = edit_all(run, &text);
    free(text.value);
    free(text.path);
    free(text.edited.data);
    return code;
}

const cli_command cli_edit_commands[] = {
    {"edit", "NS KEY", "Change a key's value in your editor",
     "The editor is $VISUAL, else $EDITOR, else vi. The value is written if it has changed, and "
     "only\n"
     "if the key was not written meanwhile; deadline and metadata stay. If it was, or the write\n"
     "fails, the file that you edited is kept and named. If the value does not end in a line feed, "
     "one\n"
     "that the editor puts behind the last line is left out. An absent key is not made: use kv "
     "put.\n"
     "\nExample:\n  EDITOR=nano kv edit site robots.txt\n",
     edit_run},
    {0},
};
