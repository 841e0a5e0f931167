/* Directories for temporary stores: under $KV_TEST_DIR, else /dev/shm, else $TMPDIR or /tmp. */
#ifndef SUPPORT_TEMPDIR_H
#define SUPPORT_TEMPDIR_H

#include <stdbool.h>
#include <stddef.h>

#define TEMPDIR_PATH_MAX 512

/** Make a new, empty directory. 0, or -1 with errno. */
int tempdir_make(char path[TEMPDIR_PATH_MAX]);
/** Remove it with all it holds. What is not there is fine. */
void tempdir_remove(const char *path);
/** `path`/`name` in out. */
void tempdir_join(char out[TEMPDIR_PATH_MAX], const char *path, const char *name);

/** The one file below `path` that fits the pattern in out. 0, or -1: there is none, or more. */
int tempdir_find(char out[TEMPDIR_PATH_MAX], const char *path, const char *pattern);

/** Files of a test: a failure fails it. */
void tempdir_write(const char *directory, const char *name, const void *data, size_t size);
bool tempdir_has(const char *directory, const char *name);
/** Permissions. */
unsigned tempdir_mode(const char *path);

#endif
