#include "cli/confirm.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int cli_confirm(cli *run, const char *format, ...)
{
    char answer[16] = "";
    va_list arguments;

    if (!isatty(STDIN_FILENO))
        return cli_usage(run, "this cannot be undone: say --yes if you mean it");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs(" [y/N] ", stderr);
    if (fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
        return CLI_DONE;
    cli_message(run, "left as it is");
    return CLI_REFUSED;
}
