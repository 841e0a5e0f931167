#include "report.h"

#include "base.h"
#include "kv.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zstd.h>

/* "model name : ..." of the first processor; not every architecture has one. */
static void machine_cpu(char *out, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];

    (void)snprintf(out, size, "unknown");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        (void)snprintf(out, size, "%s", colon + 2);
        break;
    }
    if (file != NULL)
        (void)fclose(file);
}

static const char *machine_file_system(const char *directory)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {{0xEF53, "ext4"},         {0x58465342, "xfs"}, {0x9123683E, "btrfs"},
                 {0x01021994, "tmpfs"},    {0x2FC12FC1, "zfs"}, {0xF2F52010, "f2fs"},
                 {0x794C7630, "overlayfs"}};
    struct statfs facts;

    if (statfs(directory, &facts) != 0)
        bench_die("%s: %s", directory, strerror(errno));
    for (size_t i = 0; i < BENCH_COUNT(known); i++)
        if ((unsigned long)facts.f_type == known[i].magic)
            return known[i].name;
    return "unknown";
}

void report_machine(struct report *report, const char *directory)
{
    struct utsname kernel;
    char text[160];
    const char *file_system = machine_file_system(directory);

    machine_cpu(text, sizeof(text));
    report_text(report, "machine", "cpu", text);
    (void)snprintf(text, sizeof(text), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    report_text(report, "machine", "processors", text);
    if (uname(&kernel) != 0)
        bench_die("uname: %s", strerror(errno));
    (void)snprintf(text, sizeof(text), "%s %s", kernel.sysname, kernel.release);
    report_text(report, "machine", "kernel", text);
    report_text(report, "machine", "file_system", file_system);
    (void)snprintf(text, sizeof(text), "%u.%u.%u", kv_version() >> 16, kv_version() >> 8 & 0xFF,
                   kv_version() & 0xFF);
    report_text(report, "version", "libkv", text);
    report_text(report, "version", "lmdb", mdb_version(NULL, NULL, NULL));
    report_text(report, "version", "zstd", ZSTD_versionString());
    if (strcmp(file_system, "tmpfs") == 0)
        printf("  (in memory: what is written here is not durable, and looks faster than it is)\n");
}

static void report_write(struct report *report, const char *workload, const char *engine,
                         const char *metric, const char *value)
{
    if (report->out != NULL &&
        fprintf(report->out, "%s\t%s\t%s\t%s\n", workload, engine, metric, value) < 0)
        bench_die("results: %s", strerror(errno));
}

void report_text(struct report *report, const char *workload, const char *metric, const char *value)
{
    report_write(report, workload, "-", metric, value);
    printf("  %-12s %s\n", metric, value);
}

void report_value(struct report *report, const char *workload, const char *engine,
                  const char *metric, double value)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%.6g", value);
    report_write(report, workload, engine, metric, text);
}

void report_line(struct report *report, const struct report_line *line)
{
    char best[16] = "", target[16] = "";
    const char *verdict = "";

    if (!report->titled)
        printf("\n%-22s %11s %11s  %-9s %7s %7s  %-7s\n", "workload", "libkv", "LMDB", "", "ratio",
               "best", "target");
    report->titled = true;
    if (line->best > 0)
        (void)snprintf(best, sizeof(best), "%.2f", line->best);
    if (line->target > 0) {
        bool met = line->at_most ? line->judged <= line->target : line->judged >= line->target;

        (void)snprintf(target, sizeof(target), "%s %g", line->at_most ? "<=" : ">=", line->target);
        verdict = met ? "met" : "not met";
        report_value(report, line->workload, "-", "target", line->target);
        report_write(report, line->workload, "-", "verdict", verdict);
    }
    printf("%-22s %11.2f %11.2f  %-9s %7.2f %7s  %-7s %s\n", line->workload, line->kv, line->lmdb,
           line->unit, line->judged, best, target, verdict);
    (void)fflush(stdout);
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double report_percentile(double *values, size_t count, unsigned percent)
{
    qsort(values, count, sizeof(*values), compare_double);
    return values[(count - 1) * percent / 100];
}

double report_median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_double);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}
