#include "cli/command.h"

#include "cli/display.h"
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
    printf("\nEvery subcommand takes --store DIR (or the environment's KV_STORE) and --help.\n");
}

int cli_option(cli *run, const struct option *options)
{
    for (;;) {
        int option = getopt_long(run->argc, run->argv, "", options, NULL);
        if (option == CLI_OPTION_STORE) {
            run->store = optarg;
        } else if (option == CLI_OPTION_HELP) {
            cli_help(run->command);
            run->exit_code = CLI_DONE;
            return '?';
        } else if (option == '?') { /* getopt_long has said what is wrong. */
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
