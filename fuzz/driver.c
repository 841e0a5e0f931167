/* Replays inputs without a fuzzing engine: each argument is a file, or a directory whose files are
 * taken in order of their names. Prints how many there were; none at all is a failure. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0, room = 0, got;

    if (file == NULL) {
        perror(path);
        return -1;
    }
    do {
        if (size == room) {
            uint8_t *grown = realloc(data, room * 2 + 4096);

            if (grown == NULL)
                abort();
            data = grown;
            room = room * 2 + 4096;
        }
        got = fread(data + size, 1, room - size, file);
        size += got;
    } while (got > 0);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay(const char *path)
{
    struct dirent **entries;
    struct stat st;
    int count, replayed = 0;

    if (stat(path, &st) != 0) {
        perror(path);
        return -1;
    }
    if (!S_ISDIR(st.st_mode))
        return replay_file(path);
    count = scandir(path, &entries, not_hidden, alphasort);
    for (int i = 0; i < count; i++) {
        char inner[4096];
        int one = -1;

        if (snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name) < (int)sizeof(inner))
            one = replay(inner);
        if (one < 0)
            replayed = -1;
        else if (replayed >= 0)
            replayed += one;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count < 0 ? -1 : replayed;
}

int main(int argc, char **argv)
{
    int replayed = 0;

    for (int i = 1; i < argc; i++) {
        int one = replay(argv[i]);

        if (one < 0)
            return 1;
        replayed += one;
    }
    printf("%d inputs replayed\n", replayed);
    return replayed > 0 ? 0 : 1;
}
