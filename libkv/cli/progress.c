#include "cli/progress.h"

#include "cli/units.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double progress_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void cli_progress_start(cli_progress *progress, cli *run, bool is_shown)
{
    *progress = (cli_progress){.run = run, .started = progress_now()};
    run->has_progress = is_shown && isatty(STDERR_FILENO);
}

double cli_progress_seconds(const cli_progress *progress)
{
    return progress_now() - progress->started;
}

void cli_progress_show(cli_progress *progress, uint64_t keys, uint64_t bytes, uint64_t done,
                       uint64_t total)
{
    double now = progress_now();
    double seconds = now - progress->started;
    char count[CLI_TEXT_SIZE];
    char size[CLI_TEXT_SIZE];
    char rate[CLI_TEXT_SIZE];

    if (!progress->run->has_progress || now - progress->shown < 0.1)
        return;
    progress->shown = now;
    fputs(CLI_PROGRESS_CLEAR, stderr);
    if (total > 0)
        fprintf(stderr, "%3u %%  ", cli_percent(done, total));
    fprintf(stderr, "%s keys  %s  %s/s", cli_count_text(keys, count), cli_size_text(bytes, size),
            cli_size_text((uint64_t)((double)bytes / (seconds > 0 ? seconds : 1)), rate));
}

void cli_progress_end(cli_progress *progress)
{
    if (progress->run->has_progress)
        fputs(CLI_PROGRESS_CLEAR, stderr);
    progress->run->has_progress = false;
}
