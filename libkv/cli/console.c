#include "cli/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int cli_print_json(const cli *run, kvi_json_writer *json, bool is_line)
{
    if (json->has_failed) {
        cli_message(run, "cannot write the answer as JSON: no memory");
        return CLI_STORE_FAILED;
    }
    fwrite(json->text, 1, json->size, stdout);
    if (is_line)
        putchar('\n');
    kvi_json_write_clear(json);
    return cli_output_failed() ? CLI_STORE_FAILED : CLI_DONE; /* main() says so. */
}

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

bool cli_output_failed(void)
{
    return ferror(stdout) != 0;
}
