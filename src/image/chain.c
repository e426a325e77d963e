/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/backing-reference.h"
#include "image/chain.h"
#include "image/image-lock.h"
#include "image/luks-header.h"
#include "image/qcow2-header.h"
#include "image/qcow2-used.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/squash.h"

/* The same limit as libvirt's for the depth of a backing chain. */
#define DEPTH_MAX 200

/* An image file that was examined, interpreted in one format. */
typedef struct {
    Layer facts;          /* everything but the backing layer */
    char *backing_format; /* format of the backing image as the header names it, or NULL */
} ImageFile;

struct ChainCache {
    GHashTable *files;  /* "format:encrypted:canonical path" -> ImageFile */
    GHashTable *layers; /* "ImageFile:backing Layer" -> Layer */
};

static void
layer_clear(Layer *layer)
{
    g_free(layer->path);
    g_free(layer->format);
    g_free(layer->backing_name);
}

static void
layer_free(Layer *layer)
{
    layer_clear(layer);
    g_free(layer);
}

static void
image_file_free(ImageFile *file)
{
    layer_clear(&file->facts);
    g_free(file->backing_format);
    g_free(file);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImageFile, image_file_free)

ChainCache *
chain_cache_new(void)
{
    ChainCache *cache = g_new0(ChainCache, 1);

    cache->files =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)image_file_free);
    cache->layers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)layer_free);

    return cache;
}

void
chain_cache_free(ChainCache *cache)
{
    if (!cache)
        return;
    g_hash_table_unref(cache->files);
    g_hash_table_unref(cache->layers);
    g_free(cache);
}

static int
open_image(const char *path, struct stat *st, GError **error)
{
    auto_fd fd = fd_open_data(AT_FDCWD, path, 0, st);

    if (fd < 0 && errno == EMEDIUMTYPE) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The image '%s' is neither a regular file nor a block device; other kinds "
                      "are not supported"),
                    path);
        return -1;
    }
    if (fd < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot open the image '%s'"), path);
        squash_explain(AT_FDCWD, path, error ? *error : NULL);
        return -1;
    }
    /* Without this advice the kernel would read ahead megabytes for a header of a few bytes and
     * fill the page cache with data that nobody needs. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);

    return fd_steal(&fd);
}

static gboolean
is_same_layer_file(const Layer *layer, const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_dev == layer->device && st->st_ino == layer->inode &&
           (guint64)st->st_size == layer->size && st->st_mtim.tv_sec == layer->mtime &&
           (guint32)st->st_mtim.tv_nsec == layer->mtime_ns;
}

/* Whether @fd is the file or block device of @layer and unchanged since it was examined. */
static gboolean
is_same_layer(const Layer *layer, int fd, const struct stat *st, GError **error)
{
    gboolean same;

    if (layer->block && S_ISBLK(st->st_mode)) {
        BlockDevice now;

        if (!block_device_look(fd, layer->path, &now, error))
            return FALSE;
        same = block_device_is_same(&layer->state, &now);
    } else {
        same = !layer->block && is_same_layer_file(layer, st);
    }
    if (!same)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("The image '%s' was changed or replaced since it was planned to copy it; "
                      "start again"),
                    layer->path);

    return same;
}

/* Drops the page cache of a block device, which may be out of date. */
static gboolean
drop_stale_cache(int fd, const char *path, const struct stat *st, GError **error)
{
    return !S_ISBLK(st->st_mode) || block_device_settle(fd, path, error);
}

int
layer_open(const Layer *layer, GError **error)
{
    struct stat st;
    auto_fd fd = open_image(layer->path, &st, error);

    if (fd < 0 || !drop_stale_cache(fd, layer->path, &st, error) ||
        !is_same_layer(layer, fd, &st, error))
        return -1;

    return fd_steal(&fd);
}

/* The lock is taken before the comparison, since the image could change between a comparison and
 * the lock. */
int
layer_open_locked(const Layer *layer, GError **error)
{
    struct stat st;
    auto_fd fd = open_image(layer->path, &st, error);

    if (fd < 0 || !image_lock_acquire(fd, layer->path, error) ||
        !drop_stale_cache(fd, layer->path, &st, error) || fstat(fd, &st) < 0 ||
        !is_same_layer(layer, fd, &st, error))
        return -1;

    return fd_steal(&fd);
}

gboolean
layer_probe(const Layer *layer, GError **error)
{
    struct stat st;
    auto_fd fd = open_image(layer->path, &st, error);

    return fd >= 0 && image_lock_probe(fd, layer->path, error) &&
           is_same_layer(layer, fd, &st, error);
}

int
layer_open_now(const Layer *layer, GError **error)
{
    struct stat st;

    return open_image(layer->path, &st, error);
}

static ImageFile *
image_file_new(const char *path, const char *format, const struct stat *st)
{
    ImageFile *file = g_new0(ImageFile, 1);

    file->facts = (Layer){
        .path = g_strdup(path),
        .format = g_strdup(format),
        .device = st->st_dev,
        .inode = st->st_ino,
        .size = (guint64)st->st_size,
        .length = (guint64)st->st_size,
        .allocated = MIN((guint64)st->st_blocks * 512, (guint64)st->st_size),
        .measured = TRUE,
        .mtime = st->st_mtim.tv_sec,
        .mtime_ns = (guint32)st->st_mtim.tv_nsec,
        .ctime = st->st_ctim.tv_sec,
        .ctime_ns = (guint32)st->st_ctim.tv_nsec,
        .capacity = (guint64)st->st_size,
    };

    return file;
}

static gboolean
read_device_state(const char *path, int fd, BlockDevice *state, GError **error)
{
    if (!block_device_look(fd, path, state, error))
        return FALSE;
    if (state->bytes > 0)
        return block_device_settle(fd, path, error) && block_device_look(fd, path, state, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The block device '%s' is empty: it was detached, or has no medium; bring it "
                  "back, or leave the disk out with --exclude"),
                path);

    return FALSE;
}

/* Fills in the facts of a block device from the kernel's counters: those of stat(2) describe its
 * device node. */
static gboolean
read_device(ImageFile *file, int fd, GError **error)
{
    Layer *facts = &file->facts;

    facts->block = TRUE;
    if (!read_device_state(facts->path, fd, &facts->state, error))
        return FALSE;
    facts->device = facts->state.number;
    facts->inode = 0;
    facts->size = facts->length = facts->allocated = facts->capacity = facts->state.bytes;
    facts->measured = FALSE;
    facts->mtime = facts->ctime = 0;
    facts->mtime_ns = facts->ctime_ns = 0;

    return TRUE;
}

/* A qcow2 file that ends before its own tables is truncated. */
static gboolean
check_tables_within(const Qcow2Header *header, const Layer *layer, GError **error)
{
    guint64 l1_end = header->l1_offset + (guint64)header->l1_entries * 8;

    if (l1_end <= layer->size && header->refcount_offset < layer->size)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The image '%s' was cut short: its tables lie behind its end"), layer->path);

    return FALSE;
}

static gboolean
read_qcow2(ImageFile *file, int fd, GError **error)
{
    Layer *facts = &file->facts;
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, facts->path, error);

    if (!header || !qcow2_header_check(header, facts->path, error) ||
        !check_tables_within(header, facts, error))
        return FALSE;
    facts->capacity = header->virtual_size;
    facts->encrypted = header->crypt_method != 0;
    facts->dirty = (header->incompatible & QCOW2_INCOMPATIBLE_DIRTY) != 0;
    facts->n_snapshots = header->n_snapshots;
    facts->n_bitmaps = header->n_bitmaps;
    facts->unit_bits = header->cluster_bits;
    /* A cluster has 32 subclusters. */
    if (header->incompatible & QCOW2_INCOMPATIBLE_EXTENDED_L2)
        facts->unit_bits -= 5;
    facts->backing_name = g_strdup(header->backing_name);
    file->backing_format = g_strdup(header->backing_format);
    if (!facts->block)
        return TRUE;
    facts->measured = TRUE;
    if (!qcow2_used_bytes(fd, header, facts->size, facts->path, &facts->length, error))
        return FALSE;
    facts->allocated = facts->length;

    return TRUE;
}

/* Reads an image that is encrypted as a whole: the guest's disk is the payload behind the LUKS
 * header. */
static gboolean
read_luks(ImageFile *file, int fd, GError **error)
{
    Layer *facts = &file->facts;
    guint64 payload;

    if (!luks_payload_offset(fd, facts->path, &payload, error))
        return FALSE;
    facts->capacity = facts->size - MIN(payload, facts->size);

    return TRUE;
}

static gboolean
read_chain_image(ImageFile *file, int fd, gboolean encrypted, GError **error)
{
    if (g_str_equal(file->facts.format, "qcow2")) {
        if (!read_qcow2(file, fd, error))
            return FALSE;
    } else if (encrypted && !read_luks(file, fd, error)) {
        return FALSE;
    }
    file->facts.encrypted |= encrypted;

    return TRUE;
}

/* Examines the image @path (canonical), once for all chains that contain it. */
static const ImageFile *
examine_file(ChainCache *cache, const char *path, const char *format, gboolean encrypted,
             GError **error)
{
    g_autofree char *key = g_strdup_printf("%s:%d:%s", format, encrypted, path);
    const ImageFile *known = g_hash_table_lookup(cache->files, key);
    g_autoptr(ImageFile) file = NULL;
    auto_fd fd = -1;
    struct stat st;

    if (known)
        return known;
    fd = open_image(path, &st, error);
    if (fd < 0)
        return NULL;
    file = image_file_new(path, format, &st);
    if ((S_ISBLK(st.st_mode) && !read_device(file, fd, error)) ||
        !read_chain_image(file, fd, encrypted, error))
        return NULL;
    known = file;
    g_hash_table_insert(cache->files, g_steal_pointer(&key), g_steal_pointer(&file));

    return known;
}

/* The one Layer for the combination of @file and @backing. */
static Layer *
intern_layer(ChainCache *cache, const ImageFile *file, Layer *backing)
{
    g_autofree char *key = g_strdup_printf("%p:%p", (const void *)file, (void *)backing);
    Layer *layer = g_hash_table_lookup(cache->layers, key);

    if (layer)
        return layer;
    layer = g_new(Layer, 1);
    *layer = file->facts;
    layer->path = g_strdup(file->facts.path);
    layer->format = g_strdup(file->facts.format);
    layer->backing_name = g_strdup(file->facts.backing_name);
    layer->backing = backing;
    g_hash_table_insert(cache->layers, g_steal_pointer(&key), layer);

    return layer;
}

/* State of walking down one chain, first along @images, then along the headers. */
typedef struct {
    ChainCache *cache;
    const ChainImage *images;
    gsize n_images;
    gboolean ends;    /* the last of images is the base */
    GHashTable *seen; /* canonical paths of the images above, to find a loop */
} Walk;

static gboolean
check_chain_position(Walk *walk, const char *path, const char *format, const char *referrer,
                     GError **error)
{
    if (g_hash_table_contains(walk->seen, path)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The image '%s' is, directly or not, its own backing image"), path);
        return FALSE;
    }
    if (g_hash_table_size(walk->seen) >= DEPTH_MAX) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The chain of images above '%s' is longer than %d"), path, DEPTH_MAX);
        return FALSE;
    }
    if (!format) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The image '%s' does not say which format its backing image '%s' has, and "
                      "guessing would be dangerous; set it with: qemu-img rebase -u -F FORMAT "
                      "-b '%s' '%s'"),
                    referrer, path, path, referrer);
        return FALSE;
    }
    if (!g_str_equal(format, "qcow2") && !g_str_equal(format, "raw")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The image '%s' has the format '%s'; only qcow2 and raw are supported yet"),
                    path, format);
        return FALSE;
    }

    return TRUE;
}

/* @said: TRUE if the domain's XML names the image, FALSE if a header does. */
static char *
canonical_path(const char *path, const char *referrer, gboolean said, GError **error)
{
    g_autofree char *found = NULL;

    if (!path_check(path, error))
        return NULL;
    found = realpath(path, NULL);
    if (found)
        return path_check(found, error) ? g_strdup(found) : NULL;
    if (!referrer)
        virt_snap_error_set_errno(error, errno, _("Cannot find the image '%s'"), path);
    else if (said)
        virt_snap_error_set_errno(error, errno,
                                  _("Cannot find the image '%s', which the domain's XML names as "
                                    "the backing image of '%s' (if it was merged into another one "
                                    "since, take a new snapshot)"),
                                  path, referrer);
    else
        virt_snap_error_set_errno(error, errno,
                                  _("Cannot find the image '%s', the backing image of '%s'"), path,
                                  referrer);

    return NULL;
}

/* Whether the image is on the kind of storage that its reference names. QEMU has separate drivers
 * for files and devices, and each refuses the other kind. */
static gboolean
check_storage_kind(const ChainImage *image, const Layer *facts, GError **error)
{
    gboolean device = image->on == IMAGE_ON_DEVICE;

    if (image->on == IMAGE_ON_ANY || device == facts->block)
        return TRUE;
    if (device)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The image '%s' is named as a block device (type='block'), but is a regular "
                      "file; leave it out with --exclude"),
                    image->path);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The image '%s' is named as a file (type='file'), but is a block device; "
                      "leave it out with --exclude"),
                    image->path);

    return FALSE;
}

static Layer *resolve_image(Walk *walk, gsize index, const ChainImage *image, const char *referrer,
                            GError **error);

/* The backing layer that the header of @file refers to. @reached is the path by which @file was
 * reached, symbolic links included. */
static Layer *
follow_header(Walk *walk, gsize index, const ImageFile *file, const char *reached,
              GError **error)
{
    const char *path = file->facts.path;
    g_autoptr(BackingReference) reference =
        backing_reference_parse(file->facts.backing_name, path, error);
    g_autofree char *below = NULL;
    ChainImage image = {0};

    if (!reference)
        return NULL;
    below = backing_reference_locate(reached, reference->path);
    image.path = below;
    image.on = reference->device ? IMAGE_ON_DEVICE : IMAGE_ON_ANY;
    image.format = file->backing_format ? file->backing_format : reference->format;
    if (g_strcmp0(image.format, reference->format ? reference->format : image.format) != 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("'%s' gives two formats for its backing image '%s', %s and %s; set one "
                      "with: qemu-img rebase -u -F FORMAT -b '%s' '%s'"),
                    path, below, image.format, reference->format, below, path);
        return NULL;
    }

    return resolve_image(walk, index + 1, &image, path, error);
}

/* @backing (out): the backing layer of @file, NULL if it has none. */
static gboolean
find_backing(Walk *walk, gsize index, const ImageFile *file, const char *reached,
             Layer **backing, GError **error)
{
    *backing = NULL;
    if (index + 1 < walk->n_images) {
        if (g_str_equal(file->facts.format, "raw")) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                        _("The domain's XML names '%s' as the backing image of '%s', which is raw "
                          "and cannot have one"),
                        walk->images[index + 1].path, file->facts.path);
            return FALSE;
        }
        *backing =
            resolve_image(walk, index + 1, &walk->images[index + 1], file->facts.path, error);
        return *backing != NULL;
    }
    if (!file->facts.backing_name || (walk->ends && index + 1 == walk->n_images))
        return TRUE;
    *backing = follow_header(walk, index, file, reached, error);

    return *backing != NULL;
}

static Layer *
resolve_image(Walk *walk, gsize index, const ChainImage *image, const char *referrer,
              GError **error)
{
    g_autofree char *canonical =
        canonical_path(image->path, referrer, index < walk->n_images, error);
    const ImageFile *file;
    Layer *backing;

    if (!canonical || !check_chain_position(walk, canonical, image->format,
                                            referrer ? referrer : image->path, error))
        return NULL;
    file = examine_file(walk->cache, canonical, image->format, image->encrypted, error);
    if (!file || !check_storage_kind(image, &file->facts, error))
        return NULL;
    g_hash_table_add(walk->seen, g_steal_pointer(&canonical));
    if (!find_backing(walk, index, file, image->path, &backing, error))
        return NULL;

    return intern_layer(walk->cache, file, backing);
}

Layer *
chain_resolve(ChainCache *cache, const ChainImage *images, gsize n_images, gboolean ends,
              GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Walk walk = {cache, images, n_images, ends, seen};

    return resolve_image(&walk, 0, &images[0], NULL, error);
}

gboolean
layer_is_at(const Layer *layer, const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return FALSE;
    if (layer->block)
        return S_ISBLK(st.st_mode) && st.st_rdev == layer->device;

    return S_ISREG(st.st_mode) && st.st_dev == layer->device && st.st_ino == layer->inode;
}

gboolean
chain_has_block(const Layer *top)
{
    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (layer->block)
            return TRUE;
    }

    return FALSE;
}

guint
chain_depth(const Layer *top)
{
    guint depth = 0;

    for (const Layer *layer = top; layer; layer = layer->backing)
        depth++;

    return depth;
}
