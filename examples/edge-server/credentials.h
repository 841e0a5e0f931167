/**
 * The credentials file as bytes. What is in it, libkv-edge knows.
 */
#ifndef EDGE_CREDENTIALS_H
#define EDGE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

/** The credentials file's text. */
typedef struct credentials {
    char *text; /**< Owned; NULL: none. */
    size_t size;
} credentials;

/** Read the file; one that group or others can read is refused unless is_readable_fine. false:
 *  problem says why. Wipe it with credentials_free(). */
bool credentials_read(const char *path, bool is_readable_fine, credentials *out, char *problem,
                      size_t problem_size);
/** Overwrite it and release it. {0} is fine. */
void credentials_free(credentials *secret);

#endif
