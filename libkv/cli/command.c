#include "cli/command.h"

#include "cli/display.h"
#include "cli/suggest.h"
#include "cli/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_vmessage(const cli *run, const char *format, va_list arguments)
{
    char text[1024];
    const char *line = text;

    /* Keys, file names and documents are quoted in messages: they must not drive the terminal. */
    vsnprintf(text, sizeof(text), format, arguments);
    fprintf(stderr, "%s%s: ", run->has_progress ? CLI_PROGRESS_CLEAR : "", run->title);
    for (;;) {
        size_t size = strcspn(line, "\n");
        cli_print_text(stderr, line, size, 0);
        fputc('\n', stderr);
        if (line[size] == '\0')
            break;
        line += size + 1;
    }
}

void cli_message(const cli *run, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    cli_vmessage(run, format, arguments);
    va_end(arguments);
}

int cli_usage(cli *run, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    cli_vmessage(run, format, arguments);
    va_end(arguments);
    fprintf(stderr, "usage: %s %s\nmore:  %s --help\n", run->title, run->command->usage,
            run->title);
    run->exit_code = CLI_USAGE;
    return CLI_USAGE;
}

void cli_help(const cli_command *command)
{
    printf("usage: kv %s %s\n\n%s.\n\n%s", command->name, command->usage, command->summary,
           command->help);
    printf("\nEvery subcommand takes --store DIR (or the environment's KV_STORE), --read-only\n"
           "(refuse to write) and --help.\n");
}

/* getopt_long() has said what is wrong with an option. If it knows no such option: which one may be
 * meant. */
static void command_suggest_option(const cli *run, const struct option *options)
{
    const char *word = run->argv[optind - 1];
    cli_suggestion suggestion = {0};

    if (optopt != 0 || strncmp(word, "--", 2) != 0)
        return;
    suggestion.word = word + 2;
    suggestion.word_size = strcspn(word + 2, "=");
    for (; options->name != NULL; options++)
        cli_suggest(&suggestion, options->name);
    if (suggestion.name != NULL)
        fprintf(stderr, "did you mean --%s?\n", suggestion.name);
}

int cli_option(cli *run, const struct option *options)
{
    return cli_option_or_letter(run, options, "");
}

int cli_option_or_letter(cli *run, const struct option *options, const char *letters)
{
    char all[16];

    (void)snprintf(all, sizeof(all), "h%s", letters);
    for (;;) {
        int option = getopt_long(run->argc, run->argv, all, options, NULL);
        if (option == CLI_OPTION_STORE) {
            run->store = optarg;
        } else if (option == CLI_OPTION_READ_ONLY) {
            run->is_read_only = true;
        } else if (option == CLI_OPTION_HELP || option == 'h') {
            cli_help(run->command);
            run->exit_code = CLI_DONE;
            return '?';
        } else if (option == '?') { /* getopt_long has said what is wrong. */
            command_suggest_option(run, options);
            fprintf(stderr, "usage: %s %s\nmore:  %s --help (-- ends the options)\n", run->title,
                    run->command->usage, run->title);
            run->exit_code = CLI_USAGE;
            return '?';
        } else {
            return option;
        }
    }
}

char **cli_arguments(cli *run, int min, int max, int *count_out)
{
    int count = run->argc - optind;

    if (count < min || count > max) {
        cli_usage(run, count < min ? "an argument is missing" : "too many arguments");
        return NULL;
    }
    if (count_out != NULL)
        *count_out = count;
    return run->argv + optind;
}

char **cli_only_arguments(cli *run, int min, int max, int *count_out)
{
    static const struct option options[] = {CLI_OPTIONS_COMMON};

    return cli_option(run, options) == -1 ? cli_arguments(run, min, max, count_out) : NULL;
}

char **cli_json_arguments(cli *run, int count, bool *is_json_out)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, CLI_OPTIONS_COMMON};
    int option = 0;

    while ((option = cli_option(run, options)) == 'j')
        *is_json_out = true;
    return option == -1 ? cli_arguments(run, count, count, NULL) : NULL;
}

static int command_take(cli *run, bool is_good, const char *name, const char *what)
{
    if (is_good)
        return 0;
    cli_usage(run, "%s takes %s, not '%s'", name, what, optarg);
    return '?';
}

int cli_take_size(cli *run, const char *name, uint64_t *out)
{
    return command_take(run, cli_size_parse(optarg, out), name,
                        "a size (2000000, 10MB, 1GiB, unlimited)");
}

int cli_take_duration(cli *run, const char *name, int64_t *out)
{
    return command_take(run, cli_duration_parse(optarg, out), name,
                        "a time span (seconds, or 90s, 5m, 2h, 1d)");
}

int cli_take_time(cli *run, const char *name, int64_t *out)
{
    return command_take(run, cli_time_parse(optarg, out), name,
                        "a time (Unix seconds, or UTC as 2030-12-31T23:59:59Z)");
}

int cli_take_number(cli *run, const char *name, uint64_t *out)
{
    return command_take(run, cli_number_parse(optarg, out), name, "a whole number");
}

int cli_take_mode(cli *run, const char *name, uint32_t needed, uint32_t *out)
{
    size_t digits = strspn(optarg, "01234567");
    unsigned long mode = strtoul(optarg, NULL, 8);

    *out = (uint32_t)mode;
    return command_take(run,
                        digits > 0 && optarg[digits] == '\0' && digits <= 4 && mode <= 0777 &&
                            (mode & needed) == needed,
                        name,
                        needed == 0600
                            ? "permissions in octal that let the owner read and write (0640, 0660)"
                            : "permissions in octal that let the owner read (0444, 0640)");
}
