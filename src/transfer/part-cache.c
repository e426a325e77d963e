/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/part-cache.h"
#include "util/fd.h"
#include "util/path.h"

#define DIRECTORY "nodes"
#define SEGMENT_BYTES (DIGEST_SEGMENT_PARTS * DIGEST_BYTES)
/* All files together: those of disks of 16 TiB. */
#define BYTES_MAX ((guint64)1 << 30)
/* The nodes of a night are of use to the next one; a month is the longest that somebody waits. */
#define AGE_MAX ((gint64)35 * 24 * 60 * 60)
/* One that is not complete is written to now and then, unless its process was killed. */
#define TEMPORARY_AGE_MAX ((gint64)24 * 60 * 60)

struct PartCache {
    GMutex lock;     /* held while the file is created */
    int fd;          /* -1: nothing was written yet; owned, as the others */
    int dirfd;       /* -1: it is only read */
    char *temporary; /* its name while it is written; NULL: it has none */
    gint failed;     /* atomic: it could not be written */
    char *name;      /* NULL: not known yet */
    char *earlier;   /* (nullable): the file that it takes the place of */
    gboolean sealed;
    guint64 n;       /* sealed: how many nodes there are */
};

/* --- the directory ---------------------------------------------------------------------- */

static gboolean
is_private(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0077) == 0;
}

/* Others may pass the directory of the state, but have no business in this one. */
static int
open_directory(gboolean create)
{
    g_autofree char *state = path_state(NULL);
    auto_fd above = -1;
    auto_fd fd = -1;

    if (create && g_mkdir_with_parents(state, 0711) < 0)
        return -1;
    above = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0 || (create && mkdirat(above, DIRECTORY, 0700) < 0 && errno != EEXIST))
        return -1;
    fd = openat(above, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 && is_private(fd) ? fd_steal(&fd) : -1;
}

static char *
name_of(const guint8 *digest)
{
    g_autofree char *text = digest_to_string(digest);

    return g_strdup(strchr(text, ':') + 1);
}

/* --- one file ------------------------------------------------------------------------------ */

PartCache *
part_cache_new(void)
{
    PartCache *self = g_new0(PartCache, 1);

    g_mutex_init(&self->lock);
    self->fd = self->dirfd = -1;

    return self;
}

PartCache *
part_cache_open(const guint8 *digest)
{
    g_autofree char *name = name_of(digest);
    auto_fd dirfd = open_directory(FALSE);
    struct stat st;
    auto_fd fd = dirfd < 0 ? -1 : fd_open_data(dirfd, name, O_NOFOLLOW, &st);
    PartCache *self;

    if (fd < 0)
        return NULL;
    self = part_cache_new();
    self->fd = fd_steal(&fd);

    return self;
}

void
part_cache_free(PartCache *self)
{
    if (!self)
        return;
    if (self->temporary)
        unlinkat(self->dirfd, self->temporary, 0);
    fd_clear(&self->fd);
    fd_clear(&self->dirfd);
    g_mutex_clear(&self->lock);
    g_free(self->temporary);
    g_free(self->name);
    g_free(self->earlier);
    g_free(self);
}

gboolean
part_cache_read(const PartCache *self, DigestSegment *hasher, guint64 size, gsize index,
                const guint8 *node, guint8 *parts)
{
    gsize n = digest_n_parts(size, index);
    guint8 folded[DIGEST_BYTES];

    if (!self || !fd_pread_all(self->fd, parts, n * DIGEST_BYTES, index * SEGMENT_BYTES,
                               DIRECTORY, NULL))
        return FALSE;
    digest_fold_parts(hasher, parts, n, digest_n_segments(size) == 1, folded);

    return memcmp(folded, node, DIGEST_BYTES) == 0;
}

/* --- what is sealed ------------------------------------------------------------------------ */

PartCache *
part_cache_new_sealed(guint64 n)
{
    PartCache *self = part_cache_new();

    self->sealed = TRUE;
    self->n = n;

    return self;
}

/* The digest of the name and all nodes: what is under another one's name is not believed. */
static gboolean
compute_seal(int fd, guint64 n, const char *name, guint8 *seal)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guint8 *block = g_malloc(SEGMENT_BYTES);
    guint64 bytes = n * DIGEST_BYTES;
    gsize length = DIGEST_BYTES;

    g_checksum_update(sum, (const guchar *)name, (gssize)strlen(name));
    for (guint64 at = 0; at < bytes; at += SEGMENT_BYTES) {
        gsize part = (gsize)MIN(bytes - at, SEGMENT_BYTES);

        if (!fd_pread_all(fd, block, part, at, DIRECTORY, NULL))
            return FALSE;
        g_checksum_update(sum, block, (gssize)part);
    }
    g_checksum_get_digest(sum, seal, &length);

    return TRUE;
}

static gboolean
seal_file(PartCache *self)
{
    guint8 seal[DIGEST_BYTES];

    return ftruncate(self->fd, (off_t)(self->n * DIGEST_BYTES)) == 0 &&
           compute_seal(self->fd, self->n, self->name, seal) &&
           fd_pwrite_all(self->fd, seal, sizeof seal, self->n * DIGEST_BYTES, DIRECTORY, NULL);
}

/* What is of use again stays as long as what is new. */
static gboolean
check_seal(PartCache *self, const char *name)
{
    guint8 right[DIGEST_BYTES], seal[DIGEST_BYTES];
    guint64 bytes;

    if (!fd_size(self->fd, &bytes) || bytes < DIGEST_BYTES || bytes > BYTES_MAX ||
        bytes % DIGEST_BYTES != 0)
        return FALSE;
    self->n = bytes / DIGEST_BYTES - 1;

    return compute_seal(self->fd, self->n, name, right) &&
           fd_pread_all(self->fd, seal, sizeof seal, self->n * DIGEST_BYTES, DIRECTORY, NULL) &&
           memcmp(seal, right, sizeof seal) == 0 && futimens(self->fd, NULL) == 0;
}

PartCache *
part_cache_open_sealed(const guint8 *digest)
{
    g_autoptr(PartCache) self = part_cache_open(digest);
    g_autofree char *name = name_of(digest);

    return self && check_seal(self, name) ? g_steal_pointer(&self) : NULL;
}

gboolean
part_cache_get(const PartCache *self, guint64 part, guint8 *node)
{
    memset(node, 0, DIGEST_BYTES);

    return part >= self->n ||
           fd_pread_all(self->fd, node, DIGEST_BYTES, part * DIGEST_BYTES, DIRECTORY, NULL);
}

/* --- writing --------------------------------------------------------------------------------- */

static gboolean
create_file(PartCache *self)
{
    g_autofree char *id = g_uuid_string_random();
    g_autofree char *temporary = g_strdup_printf(".%.8s.tmp", id);

    self->dirfd = open_directory(TRUE);
    if (self->dirfd < 0)
        return FALSE;
    self->fd = openat(self->dirfd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      0600);
    if (self->fd < 0)
        return FALSE;
    self->temporary = g_steal_pointer(&temporary);

    return TRUE;
}

/* Returns: whether the file is there to be written to. */
static gboolean
make_ready(PartCache *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (self->fd < 0 && !g_atomic_int_get(&self->failed) && !create_file(self))
        g_atomic_int_set(&self->failed, TRUE);

    return !g_atomic_int_get(&self->failed);
}

static void
store(PartCache *self, guint64 at, const guint8 *nodes, gsize length)
{
    g_autoptr(GError) error = NULL;

    if (!make_ready(self) || fd_pwrite_all(self->fd, nodes, length, at, DIRECTORY, &error))
        return;
    g_debug("%s", error->message);
    g_atomic_int_set(&self->failed, TRUE);
}

void
part_cache_write(PartCache *self, gsize index, const guint8 *parts)
{
    guint64 at = index * SEGMENT_BYTES;

    /* One that is larger than all together may be would be removed as soon as it is there. */
    if (at + SEGMENT_BYTES <= BYTES_MAX)
        store(self, at, parts, SEGMENT_BYTES);
}

void
part_cache_put(PartCache *self, guint64 part, const guint8 *node)
{
    if (self->n < BYTES_MAX / DIGEST_BYTES)
        store(self, part * DIGEST_BYTES, node, DIGEST_BYTES);
}

void
part_cache_name(PartCache *self, const guint8 *digest, const guint8 *earlier)
{
    self->name = name_of(digest);
    self->earlier = earlier ? name_of(earlier) : NULL;
}

/* --- keeping --------------------------------------------------------------------------------- */

typedef struct {
    char *name;
    guint64 bytes;
    gint64 written; /* seconds, as time(2) */
} KeptFile;

static void
kept_file_clear(gpointer data)
{
    g_free(((KeptFile *)data)->name);
}

static gint
compare_newest_first(gconstpointer a, gconstpointer b)
{
    const KeptFile *one = a;
    const KeptFile *other = b;

    return one->written > other->written ? -1 : one->written < other->written ? 1 : 0;
}

static GArray *
list_kept(int dirfd)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, ".", NULL);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(KeptFile));

    g_array_set_clear_func(all, kept_file_clear);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        struct stat st;
        KeptFile file;

        if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        /* One that is being written by somebody else is not to go for its size. */
        file = (KeptFile){g_strdup(name), *name == '.' ? 0 : (guint64)st.st_size,
                          st.st_mtim.tv_sec};
        g_array_append_val(all, file);
    }
    g_array_sort(all, compare_newest_first);

    return all;
}

static void
tidy(int dirfd)
{
    g_autoptr(GArray) all = list_kept(dirfd);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    guint64 bytes = 0;

    for (guint i = 0; i < all->len; i++) {
        const KeptFile *file = &g_array_index(all, KeptFile, i);
        gint64 most = *file->name == '.' ? TEMPORARY_AGE_MAX : AGE_MAX;

        bytes += file->bytes;
        if (now - file->written > most || bytes > BYTES_MAX)
            unlinkat(dirfd, file->name, 0);
    }
}

void
part_cache_keep(PartCache *self)
{
    g_autofree char *temporary = g_steal_pointer(&self->temporary);
    g_autoptr(GError) error = NULL;

    if (!temporary)
        return;
    if (g_atomic_int_get(&self->failed) || !self->name || (self->sealed && !seal_file(self))) {
        unlinkat(self->dirfd, temporary, 0);
        return;
    }
    if (!file_put_at(self->dirfd, temporary, self->name, &error)) {
        g_debug("%s", error->message);
        return;
    }
    if (self->earlier && !g_str_equal(self->earlier, self->name))
        unlinkat(self->dirfd, self->earlier, 0);
    tidy(self->dirfd);
}
