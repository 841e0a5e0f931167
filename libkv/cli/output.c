#include "cli/output.h"

#include <stdio.h>

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

bool cli_output_failed(void)
{
    return ferror(stdout) != 0;
}
