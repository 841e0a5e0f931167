#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_BYTES (1 << 20)

/* Looks at the open file, not at the path: nobody can change it in between. */
static bool check(int fd, const char *path, bool is_readable_fine, size_t *size_out, char *problem,
                  size_t problem_size)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0) {
        (void)snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(facts.st_mode)) {
        (void)snprintf(problem, problem_size, "%s: not a regular file", path);
        return false;
    }
    if ((facts.st_mode & 077) != 0 && !is_readable_fine) {
        (void)snprintf(problem, problem_size,
                       "%s: others may use it (mode %03o); chmod 600 it, or say "
                       "--credentials-readable",
                       path, (unsigned)facts.st_mode & 0777u);
        return false;
    }
    if (facts.st_size > SIZE_MAX_BYTES) {
        (void)snprintf(problem, problem_size, "%s: larger than 1 MiB", path);
        return false;
    }
    *size_out = (size_t)facts.st_size;
    return true;
}

static bool read_all(int fd, credentials *out, size_t size)
{
    out->text = malloc(size + 1); /* malloc(0) may be NULL. */
    while (out->text != NULL && out->size < size) {
        ssize_t got = read(fd, out->text + out->size, size - out->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        out->size += (size_t)got;
    }
    return out->text != NULL && out->size == size;
}

bool credentials_read(const char *path, bool is_readable_fine, credentials *out, char *problem,
                      size_t problem_size)
{
    size_t size = 0;
    bool is_read = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *out = (credentials){0};
    if (fd < 0) {
        (void)snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (check(fd, path, is_readable_fine, &size, problem, problem_size)) {
        is_read = read_all(fd, out, size);
        if (!is_read)
            (void)snprintf(problem, problem_size, "%s: could not be read whole", path);
    }
    (void)close(fd);
    if (!is_read)
        credentials_free(out);
    return is_read;
}

void credentials_free(credentials *secret)
{
    if (secret->text != NULL)
        explicit_bzero(secret->text, secret->size);
    free(secret->text);
    *secret = (credentials){0};
}
