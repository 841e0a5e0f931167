/* The `kv` command: find the subcommand, run it, see that the output arrived. */
#include "cli/command.h"

#include "cli/interrupt.h"
#include "cli/store.h"
#include "cli/suggest.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int main_run_help(cli *run);

static const cli_command help_commands[] = {
    {"help", "[SUBCOMMAND]", "Show all subcommands, or all about one",
     "Example:\n  kv help import\n", main_run_help},
    {0},
};

static const struct {
    const char *title;
    const cli_command *commands;
} groups[] = {
    {"The store", cli_store_commands},
    {NULL, cli_check_commands},
    {"Namespaces", cli_namespace_commands},
    {NULL, cli_copy_commands},
    {"Keys", cli_key_commands},
    {NULL, cli_get_commands},
    {NULL, cli_edit_commands},
    {NULL, cli_delete_commands},
    {"Lists", cli_list_commands},
    {NULL, cli_search_commands},
    {NULL, cli_du_commands},
    {"Batches", cli_batch_commands},
    {"Bulk", cli_import_commands},
    {NULL, cli_export_commands},
    {NULL, cli_digest_commands},
    {"Watching", cli_change_commands},
    {NULL, cli_stat_commands},
    {"Help", help_commands},
};

#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

static void main_print_usage(FILE *out)
{
    fputs("usage: kv [--store DIR] [--read-only] SUBCOMMAND ...\n"
          "       kv --version\n"
          "\n"
          "An edge key-value store in a directory: namespaces, batches with a verdict for each "
          "key,\nexpiry, quotas, compression, and a log of every change.\n",
          out);
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        if (groups[i].title != NULL)
            fprintf(out, "\n%s\n", groups[i].title);
        for (const cli_command *command = groups[i].commands; command->name != NULL; command++)
            fprintf(out, "  %-12s %s\n", command->name, command->summary);
    }
    fputs("\n"
          "The store is named by --store DIR, before or behind the subcommand, or by KV_STORE.\n"
          "--read-only refuses every subcommand that would write.\n"
          "kv help SUBCOMMAND shows all about one, with an example.\n"
          "Exit: 0 done, 1 absent, 2 some keys failed, 3 refused, 4 the store failed, 64 usage;\n"
          "130 interrupted, 141 the reader of the output has gone, 143 terminated.\n"
          "\n"
          "First steps:\n"
          "  export KV_STORE=/tmp/first\n"
          "  kv init && kv ns create site\n"
          "  kv put site greeting 'hello' --ttl 1h\n"
          "  kv get site greeting\n"
          "  kv help put\n",
          out);
}

/* The row whose words are argv's first ones; *words_out of them. */
static const cli_command *main_find(int argc, char **argv, int *words_out)
{
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        for (const cli_command *command = groups[i].commands; command->name != NULL; command++) {
            size_t first = strcspn(command->name, " ");
            bool has_two = command->name[first] != '\0';
            if (argc < 1 + has_two || strncmp(argv[0], command->name, first) != 0 ||
                argv[0][first] != '\0' ||
                (has_two && strcmp(argv[1], command->name + first + 1) != 0))
                continue;
            *words_out = 1 + has_two;
            return command;
        }
    }
    return NULL;
}

/* How a subcommand is called, as one of several lines. */
static void main_print_usage_line(FILE *out, const cli_command *command, bool *has_printed)
{
    fprintf(out, "%s kv %s %s\n", *has_printed ? "      " : "usage:", command->name,
            command->usage);
    *has_printed = true;
}

/* "kv ns" and "kv ns --help": what can follow. Returns whether anything can. */
static bool main_print_family(const char *word, FILE *out)
{
    size_t size = strlen(word);
    bool has_printed = false;

    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (const cli_command *command = groups[i].commands; command->name != NULL; command++)
            if (strncmp(command->name, word, size) == 0 && command->name[size] == ' ')
                main_print_usage_line(out, command, &has_printed);
    return has_printed;
}

/* What other tools call it. */
static const struct {
    const char *word;
    const char *name;
} other_names[] = {
    {"set", "put"},        {"write", "put"},     {"read", "get"},        {"cat", "get"},
    {"rm", "del"},         {"delete", "del"},    {"remove", "del"},      {"ls", "list"},
    {"keys", "list"},      {"scan", "list"},     {"find", "search"},     {"grep", "search"},
    {"expire", "touch"},   {"ttl", "touch"},     {"info", "stat"},       {"create", "init"},
    {"watch", "changes"},  {"log", "changes"},   {"dump", "export"},     {"load", "import"},
    {"namespaces", "ns"},  {"namespace", "ns"},  {"ns list", "ns ls"},   {"ns rm", "ns drop"},
    {"ns del", "ns drop"}, {"ns cp", "ns copy"}, {"ns mv", "ns rename"}, {"ns info", "ns show"},
};

/* The subcommand that may be meant by a word, or by "ns" and a word. NULL: none. */
static const char *main_suggest(const char *word)
{
    cli_suggestion suggestion = {.word = word, .word_size = strlen(word)};

    for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++)
        if (strcmp(word, other_names[i].word) == 0)
            return other_names[i].name;
    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (const cli_command *command = groups[i].commands; command->name != NULL; command++)
            cli_suggest(&suggestion, command->name);
    return suggestion.name;
}

/* What can follow the first word, if it is "ns", else that there is no such subcommand. */
static int main_unknown(int argc, char **argv, bool is_asked)
{
    bool is_family = main_print_family(argv[0], is_asked ? stdout : stderr);
    cli named = {.title = "kv"};
    const char *name = NULL;
    char word[64];

    if (is_family && (is_asked || argc == 1))
        return is_asked ? CLI_DONE : CLI_USAGE;
    snprintf(word, sizeof(word), "%s%s%s", argv[0], is_family ? " " : "", is_family ? argv[1] : "");
    name = main_suggest(word);
    if (name != NULL)
        cli_message(&named, "no subcommand '%s': did you mean kv %s?", word, name);
    else
        cli_message(&named, "no subcommand '%s': kv help shows all", word);
    return CLI_USAGE;
}

/* All subcommands, or all about the one that is named. */
static int main_help(int count, char **names)
{
    const cli_command *command = NULL;
    int words = 0;

    if (count == 0) {
        main_print_usage(stdout);
        return CLI_DONE;
    }
    command = main_find(count, names, &words);
    if (command == NULL)
        return main_unknown(count, names, true);
    cli_help(command);
    return CLI_DONE;
}

static int main_run_help(cli *run)
{
    int count = 0;
    char **names = cli_only_arguments(run, 0, 2, &count);

    return names == NULL ? run->exit_code : main_help(count, names);
}

/* Whether stdout is a pipe that nobody reads any more, whichever write found it out. */
static bool main_is_reader_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

/* What a full disk or a closed pipe swallowed must not look like success. Of a closed pipe nothing
 * is said: as any tool the process ends by SIGPIPE, unless its parent ignores that signal. */
static int main_finish_output(int code, void (*pipe_handler)(int))
{
    if (ferror(stdout) != 0) /* The interrupt broke off a write to a pipe that is full. */
        cli_end_if_interrupted();
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    if (errno == EPIPE || main_is_reader_gone()) {
        signal(SIGPIPE, pipe_handler);
        raise(SIGPIPE);
        return 128 + SIGPIPE;
    }
    fprintf(stderr, "kv: cannot write the output%s%s\n", errno == 0 ? "" : ": ",
            errno == 0 ? "" : strerror(errno));
    return CLI_STORE_FAILED;
}

/* Options before the subcommand. Returns -1 to go on, else the exit status. */
static int main_options(cli *run, int argc, char **argv)
{
    static const struct option options[] = {{"version", no_argument, NULL, 'V'},
                                            CLI_OPTIONS_COMMON};
    int option = 0;

    while ((option = getopt_long(argc, argv, "+hV", options, NULL)) != -1) {
        switch (option) {
        case CLI_OPTION_STORE:
            run->store = optarg;
            break;
        case CLI_OPTION_READ_ONLY:
            run->is_read_only = true;
            break;
        case CLI_OPTION_HELP:
        case 'h':
            return main_help(argc - optind, argv + optind);
        case 'V':
            printf("kv %d.%d.%d (libkv %u.%u.%u)\n", KV_VERSION_MAJOR, KV_VERSION_MINOR,
                   KV_VERSION_PATCH, kv_version() >> 16, kv_version() >> 8 & 255,
                   kv_version() & 255);
            return CLI_DONE;
        default:
            fputs("kv: kv help shows how it is used\n", stderr);
            return CLI_USAGE;
        }
    }
    if (optind < argc)
        return -1;
    main_print_usage(stderr);
    return CLI_USAGE;
}

static int main_run(cli *run, int argc, char **argv)
{
    int words = 0;
    int code = 0;

    run->command = main_find(argc, argv, &words);
    if (run->command == NULL)
        return main_unknown(argc, argv,
                            argc > 1 &&
                                (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0));
    snprintf(run->title, sizeof(run->title), "kv %s", run->command->name);
    run->argc = argc - words + 1;
    run->argv = argv + words - 1;
    run->argv[0] = run->title; /* getopt_long begins its messages with it. */
    optind = 0;                /* GNU: start anew. */
    code = run->command->run(run);
    cli_close(run);
    return code;
}

int main(int argc, char **argv)
{
    cli run = {.store = getenv("KV_STORE"), .title = "kv"};
    int code = 0;
    /* A write in progress is finished; then main_finish_output() ends the process. */
    void (*pipe_handler)(int) = signal(SIGPIPE, SIG_IGN);

    if (argc > 0)
        argv[0] = run.title;
    code = main_options(&run, argc, argv);
    if (code == -1)
        code = main_run(&run, argc - optind, argv + optind);
    code = main_finish_output(code, pipe_handler);
    cli_end_if_interrupted();
    return code;
}
