#include "edge/uploads.h"

#include "edge/crypto.h"
#include "edge/explain.h"
#include "edge/multipart.h"
#include "edge/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_PREFIX "kv-upload-" /* Of our files, and so of object keys. */
#define TOKEN_BYTES 16

typedef enum slot_state { SLOT_FREE, SLOT_PERMITTED, SLOT_RECEIVING, SLOT_READY } slot_state;

typedef struct upload_slot {
    slot_state state;
    int64_t until;
    uint64_t bytes; /* On disk. */
    char key[KVI_UPLOAD_KEY_MAX];
} upload_slot;

struct kvi_uploads {
    int dir_fd;
    char *host;
    uint64_t bytes_max;
    pthread_mutex_t mutex; /* For all below. */
    uint64_t bytes;        /* Of all files, those that are mapped included. */
    upload_slot slots[KVI_UPLOADS_MAX];
};

typedef enum upload_field { FIELD_OTHER, FIELD_KEY, FIELD_FILE } upload_field;

struct kvi_upload {
    kvi_uploads *uploads;
    kvi_multipart *multipart;
    int64_t now;
    upload_field field;
    upload_slot *slot; /* NULL until the file begins. */
    int fd;
    bool is_finished;
    uint64_t received; /* Bytes of body, of whatever field. */
    char key[KVI_UPLOAD_KEY_MAX];
    size_t key_size;
};

/* ---- The directory */

static void uploads_empty(int dir_fd)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry = NULL;

    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, NAME_PREFIX, sizeof(NAME_PREFIX) - 1) == 0)
            (void)unlinkat(dir_fd, entry->d_name, 0);
    }
    (void)closedir(dir);
}

static kv_status uploads_open_dir(const char *dir, int *fd_out, kv_error *error)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return kvi_edge_explain(error, KV_IO, errno, "make %s", dir);
    *fd_out = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd_out < 0)
        return kvi_edge_explain(error, KV_IO, errno, "open %s", dir);
    if (flock(*fd_out, LOCK_EX | LOCK_NB) != 0)
        return kvi_edge_explain(error, KV_IO, errno, "another service has %s", dir);
    uploads_empty(*fd_out);
    return KV_OK;
}

kv_status kvi_uploads_open(const char *dir, const char *host, uint64_t bytes_max, kvi_uploads **out,
                           kv_error *error)
{
    kvi_uploads *uploads = NULL;
    const char *dot = strchr(host, '.');
    kv_status status = KV_NO_MEMORY;

    *out = NULL;
    if (dot == NULL || dot == host || dot[1] == '\0')
        return kvi_edge_explain(error, KV_INVALID, 0, "the host for uploads is no bucket.endpoint");
    uploads = calloc(1, sizeof(*uploads));
    if (uploads == NULL)
        return KV_NO_MEMORY;
    uploads->dir_fd = -1;
    uploads->bytes_max = bytes_max;
    (void)pthread_mutex_init(&uploads->mutex, NULL);
    uploads->host = strdup(host);
    if (uploads->host != NULL)
        status = uploads_open_dir(dir, &uploads->dir_fd, error);
    if (status == KV_OK)
        *out = uploads;
    else
        kvi_uploads_close(uploads);
    return status;
}

void kvi_uploads_close(kvi_uploads *uploads)
{
    if (uploads == NULL)
        return;
    for (size_t i = 0; i < KVI_UPLOADS_MAX; i++) {
        if (uploads->slots[i].state > SLOT_PERMITTED)
            (void)unlinkat(uploads->dir_fd, uploads->slots[i].key, 0);
    }
    if (uploads->dir_fd >= 0)
        (void)close(uploads->dir_fd);
    (void)pthread_mutex_destroy(&uploads->mutex);
    free(uploads->host);
    free(uploads);
}

const char *kvi_uploads_host(const kvi_uploads *uploads)
{
    return uploads->host;
}

/* ---- Permissions. All of these hold the mutex. */

/* What is over goes; files that are being received have their own end. */
static void slots_expire(kvi_uploads *uploads, int64_t now)
{
    for (size_t i = 0; i < KVI_UPLOADS_MAX; i++) {
        upload_slot *slot = &uploads->slots[i];

        if (slot->until > now || (slot->state != SLOT_PERMITTED && slot->state != SLOT_READY))
            continue;
        if (slot->state == SLOT_READY)
            (void)unlinkat(uploads->dir_fd, slot->key, 0);
        uploads->bytes -= slot->bytes;
        *slot = (upload_slot){.state = SLOT_FREE};
    }
}

/* In time that reveals nothing about keys that are nearly right. NULL: none. */
static upload_slot *slots_find(kvi_uploads *uploads, kv_slice key, slot_state state)
{
    upload_slot *found = NULL;

    for (size_t i = 0; i < KVI_UPLOADS_MAX; i++) {
        upload_slot *slot = &uploads->slots[i];

        if (slot->state == state && strlen(slot->key) == key.size &&
            kvi_crypto_equal(slot->key, key.data, key.size))
            found = slot;
    }
    return found;
}

static upload_slot *slots_free(kvi_uploads *uploads)
{
    for (size_t i = 0; i < KVI_UPLOADS_MAX; i++) {
        if (uploads->slots[i].state == SLOT_FREE)
            return &uploads->slots[i];
    }
    return NULL;
}

kv_status kvi_uploads_permit(kvi_uploads *uploads, int64_t now, int64_t until,
                             char key_out[KVI_UPLOAD_KEY_MAX])
{
    unsigned char token[TOKEN_BYTES];
    upload_slot *slot = NULL;
    kv_status status = kvi_crypto_random(token, sizeof(token));

    if (status != KV_OK)
        return status;
    memset(key_out, 0, KVI_UPLOAD_KEY_MAX);
    memcpy(key_out, NAME_PREFIX, sizeof(NAME_PREFIX) - 1);
    kvi_hex_encode(token, sizeof(token), key_out + sizeof(NAME_PREFIX) - 1);
    (void)pthread_mutex_lock(&uploads->mutex);
    slots_expire(uploads, now);
    slot = slots_free(uploads);
    if (slot != NULL) {
        *slot = (upload_slot){.state = SLOT_PERMITTED, .until = until};
        memcpy(slot->key, key_out, KVI_UPLOAD_KEY_MAX);
    }
    (void)pthread_mutex_unlock(&uploads->mutex);
    return slot != NULL ? KV_OK : KV_BUSY;
}

/* ---- Receiving */

/* The permission is used up here, whatever becomes of the file. */
static kv_status upload_begin_file(kvi_upload *upload)
{
    kvi_uploads *uploads = upload->uploads;

    if (upload->slot != NULL)
        return KV_INVALID; /* A second file. */
    (void)pthread_mutex_lock(&uploads->mutex);
    slots_expire(uploads, upload->now);
    upload->slot = slots_find(uploads, kvi_text(upload->key, upload->key_size), SLOT_PERMITTED);
    if (upload->slot != NULL)
        upload->slot->state = SLOT_RECEIVING;
    (void)pthread_mutex_unlock(&uploads->mutex);
    if (upload->slot == NULL)
        return KV_NOT_FOUND;
    upload->fd = openat(uploads->dir_fd, upload->slot->key,
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return upload->fd < 0 ? KV_IO : KV_OK;
}

static kv_status upload_reserve(kvi_upload *upload, size_t size)
{
    kvi_uploads *uploads = upload->uploads;
    kv_status status = KV_BUSY;

    if (upload->slot->bytes + size > KV_EDGE_UPLOAD_SIZE_MAX)
        return KV_TOO_LARGE;
    (void)pthread_mutex_lock(&uploads->mutex);
    if (size <= uploads->bytes_max && uploads->bytes <= uploads->bytes_max - size) {
        uploads->bytes += size;
        upload->slot->bytes += size;
        status = KV_OK;
    }
    (void)pthread_mutex_unlock(&uploads->mutex);
    return status;
}

static kv_status upload_write(kvi_upload *upload, const char *data, size_t size)
{
    kv_status status = upload_reserve(upload, size);

    while (status == KV_OK && size > 0) {
        ssize_t written = write(upload->fd, data, size);

        if (written >= 0) {
            data += written;
            size -= (size_t)written;
        } else if (errno != EINTR) {
            status = errno == ENOSPC || errno == EDQUOT ? KV_DISK_FULL : KV_IO;
        }
    }
    return status;
}

static kv_status upload_part(void *ctx, kv_slice name)
{
    kvi_upload *upload = ctx;

    upload->field = FIELD_OTHER;
    if (kvi_text_is(name, "file")) {
        upload->field = FIELD_FILE;
        return upload_begin_file(upload);
    }
    if (kvi_text_is(name, "key")) {
        upload->field = FIELD_KEY;
        return upload->key_size == 0 ? KV_OK : KV_INVALID;
    }
    return KV_OK;
}

static kv_status upload_data(void *ctx, const void *data, size_t size)
{
    kvi_upload *upload = ctx;

    if (upload->field == FIELD_FILE)
        return upload_write(upload, data, size);
    if (upload->field == FIELD_OTHER)
        return KV_OK;
    if (size > sizeof(upload->key) - upload->key_size)
        return KV_NOT_FOUND; /* Longer than any key of ours. */
    memcpy(upload->key + upload->key_size, data, size);
    upload->key_size += size;
    return KV_OK;
}

kv_status kvi_upload_begin(kvi_uploads *uploads, kv_slice content_type, int64_t now,
                           kvi_upload **out)
{
    kvi_upload *upload = calloc(1, sizeof(*upload));
    kvi_multipart_reader reader = {upload_part, upload_data, upload};
    kv_status status;

    *out = NULL;
    if (upload == NULL)
        return KV_NO_MEMORY;
    upload->uploads = uploads;
    upload->now = now;
    upload->fd = -1;
    status = kvi_multipart_begin(content_type, &reader, &upload->multipart);
    if (status == KV_OK)
        *out = upload;
    else
        kvi_upload_end(upload);
    return status;
}

kv_status kvi_upload_add(kvi_upload *upload, const void *data, size_t size)
{
    /* A megabyte for the fields beside the file. */
    if (size > KV_EDGE_UPLOAD_SIZE_MAX + (1 << 20) - upload->received)
        return KV_TOO_LARGE;
    upload->received += size;
    return kvi_multipart_add(upload->multipart, data, size);
}

kv_status kvi_upload_finish(kvi_upload *upload)
{
    if (!kvi_multipart_is_complete(upload->multipart) || upload->slot == NULL)
        return KV_INVALID;
    (void)close(upload->fd);
    upload->fd = -1;
    (void)pthread_mutex_lock(&upload->uploads->mutex);
    upload->slot->state = SLOT_READY;
    (void)pthread_mutex_unlock(&upload->uploads->mutex);
    upload->is_finished = true;
    return KV_OK;
}

/* Terminated: it is that of a permission, which is shorter than its array. */
const char *kvi_upload_key(const kvi_upload *upload)
{
    return upload->key;
}

void kvi_upload_end(kvi_upload *upload)
{
    kvi_uploads *uploads = upload == NULL ? NULL : upload->uploads;

    if (upload == NULL)
        return;
    if (upload->fd >= 0)
        (void)close(upload->fd);
    if (upload->slot != NULL && !upload->is_finished) {
        (void)unlinkat(uploads->dir_fd, upload->slot->key, 0);
        (void)pthread_mutex_lock(&uploads->mutex);
        uploads->bytes -= upload->slot->bytes;
        *upload->slot = (upload_slot){.state = SLOT_FREE};
        (void)pthread_mutex_unlock(&uploads->mutex);
    }
    kvi_multipart_end(upload->multipart);
    free(upload);
}

/* ---- Using a file */

/* "http://bucket.endpoint:port/key", of our host alone: the key. */
static bool uploads_key_of(const kvi_uploads *uploads, kv_slice url, kv_slice *key)
{
    static const char *const schemes[] = {"http://", "https://"};
    size_t host_size = strlen(uploads->host);

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t before = strlen(schemes[i]) + host_size + 1;
        const char *p = url.data;

        if (!kvi_text_begins(url, schemes[i]) || url.size <= before ||
            !kvi_text_equal_folded(kvi_text(p + strlen(schemes[i]), host_size),
                                   kvi_text_of(uploads->host)) ||
            p[before - 1] != '/')
            continue;
        *key = kvi_text(p + before, url.size - before);
        return true;
    }
    return false;
}

/* The name goes at once: the pages stay until they are unmapped. */
static kv_status uploads_map(kvi_uploads *uploads, const upload_slot *file, kv_slice *bytes_out)
{
    int fd = openat(uploads->dir_fd, file->key, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    void *bytes = MAP_FAILED;

    *bytes_out = kvi_text("", 0);
    (void)unlinkat(uploads->dir_fd, file->key, 0);
    if (fd < 0)
        return KV_IO;
    if (file->bytes > 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size == file->bytes)
        bytes = mmap(NULL, file->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (bytes != MAP_FAILED)
        *bytes_out = kvi_text(bytes, file->bytes);
    return bytes != MAP_FAILED || file->bytes == 0 ? KV_OK : KV_IO;
}

kv_status kvi_uploads_take(kvi_uploads *uploads, kv_slice url, int64_t now, kv_slice *bytes_out)
{
    upload_slot file = {.state = SLOT_FREE};
    upload_slot *slot = NULL;
    kv_slice key;
    kv_status status;

    *bytes_out = kvi_text("", 0);
    if (!uploads_key_of(uploads, url, &key))
        return KV_NOT_FOUND;
    (void)pthread_mutex_lock(&uploads->mutex);
    slots_expire(uploads, now);
    slot = slots_find(uploads, key, SLOT_READY);
    if (slot != NULL) {
        file = *slot;
        *slot = (upload_slot){.state = SLOT_FREE};
    }
    (void)pthread_mutex_unlock(&uploads->mutex);
    if (file.state == SLOT_FREE)
        return KV_NOT_FOUND;
    status = uploads_map(uploads, &file, bytes_out);
    if (status != KV_OK)
        kvi_uploads_release(uploads, kvi_text(NULL, file.bytes));
    return status;
}

void kvi_uploads_release(kvi_uploads *uploads, kv_slice bytes)
{
    if (bytes.data != NULL && bytes.size > 0)
        (void)munmap((void *)(uintptr_t)bytes.data, bytes.size);
    (void)pthread_mutex_lock(&uploads->mutex);
    uploads->bytes -= bytes.size;
    (void)pthread_mutex_unlock(&uploads->mutex);
}
