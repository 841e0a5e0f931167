#include "support/thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOKS_IN_A_ROW 5
#define LOOKS_MAX 10000
#define BETWEEN_US 1000

long thread_number(void)
{
    return syscall(SYS_gettid);
}

/* The state that the kernel shows: S is asleep; 0: there is no such thread any more. */
static char thread_state(long number)
{
    char path[64], text[256];
    const char *behind_name;
    ssize_t size;
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", number);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    size = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    behind_name = strrchr(text, ')'); /* The name may hold anything. */
    return behind_name != NULL && strlen(behind_name) > 2 ? behind_name[2] : 0;
}

bool thread_falls_asleep(long number)
{
    int asleep = 0;

    for (int i = 0; i < LOOKS_MAX && asleep < LOOKS_IN_A_ROW; i++) {
        char state = thread_state(number);
        if (state == 0)
            return false;
        asleep = state == 'S' ? asleep + 1 : 0;
        (void)usleep(BETWEEN_US);
    }
    return asleep == LOOKS_IN_A_ROW;
}
