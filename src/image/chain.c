/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/chain.h"
#include "image/qcow2-header.h"
#include "util/fd.h"

/* libvirt's own limit. */
#define DEPTH_MAX 200

struct ChainCache {
    GHashTable *layers; /* "format:canonical path" -> Layer */
};

static void
layer_free(Layer *layer)
{
    g_free(layer->path);
    g_free(layer->format);
    g_free(layer->backing_name);
    g_free(layer);
}

ChainCache *
chain_cache_new(void)
{
    ChainCache *cache = g_new0(ChainCache, 1);

    cache->layers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)layer_free);

    return cache;
}

void
chain_cache_free(ChainCache *cache)
{
    if (!cache)
        return;
    g_hash_table_unref(cache->layers);
    g_free(cache);
}

static int
open_image(const char *path, struct stat *st, GError **error)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    auto_fd fd = open(path, flags | O_NOATIME);

    if (fd < 0 && errno == EPERM)
        fd = open(path, flags);
    if (fd < 0 || fstat(fd, st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot open the image '%s'"), path);
        return -1;
    }
    if (!S_ISREG(st->st_mode)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The image '%s' is not a regular file; other kinds are not supported yet"),
                    path);
        return -1;
    }
    /* Without this a header of a few bytes makes the kernel read megabytes ahead, into a page
     * cache that is not ours to fill. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);

    return fd_steal(&fd);
}

int
layer_open(const Layer *layer, GError **error)
{
    struct stat st;
    auto_fd fd = open_image(layer->path, &st, error);

    if (fd < 0)
        return -1;
    if (st.st_dev == layer->device && st.st_ino == layer->inode &&
        (guint64)st.st_size == layer->size && st.st_mtim.tv_sec == layer->mtime &&
        (guint32)st.st_mtim.tv_nsec == layer->mtime_ns)
        return fd_steal(&fd);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("The image '%s' was changed or replaced since it was planned to copy it; start "
                  "again"),
                layer->path);

    return -1;
}

gboolean
layer_has_snapshot(const Layer *layer, const char *name, GError **error)
{
    struct stat st;
    auto_fd fd = open_image(layer->path, &st, error);
    g_autoptr(Qcow2Header) header = fd < 0 ? NULL : qcow2_header_read(fd, layer->path, error);
    g_autoptr(GPtrArray) snapshots = NULL;

    snapshots = header ? qcow2_snapshots_read(fd, header, layer->path, error) : NULL;
    if (!snapshots)
        return FALSE;
    for (guint i = 0; i < snapshots->len; i++) {
        const Qcow2Snapshot *snapshot = g_ptr_array_index(snapshots, i);

        if (g_str_equal(snapshot->name, name))
            return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("The image '%s' has no internal snapshot '%s' any more"), layer->path, name);

    return FALSE;
}

static Layer *
new_layer(const char *path, const char *format, const struct stat *st)
{
    Layer *layer = g_new0(Layer, 1);

    layer->path = g_strdup(path);
    layer->format = g_strdup(format);
    layer->device = st->st_dev;
    layer->inode = st->st_ino;
    layer->size = (guint64)st->st_size;
    layer->allocated = MIN((guint64)st->st_blocks * 512, layer->size);
    layer->mtime = st->st_mtim.tv_sec;
    layer->mtime_ns = (guint32)st->st_mtim.tv_nsec;
    layer->capacity = layer->size;

    return layer;
}

/* A file that ends before its own tables is not whole. */
static gboolean
check_length(const Qcow2Header *header, const Layer *layer, GError **error)
{
    guint64 l1_end = header->l1_offset + (guint64)header->l1_entries * 8;

    if (l1_end <= layer->size && header->refcount_offset < layer->size)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The image '%s' was cut short: its tables lie behind its end"), layer->path);

    return FALSE;
}

/* Where the reference @name of the image that was reached as @referrer leads. */
static char *
backing_path(const char *referrer, const char *name)
{
    g_autofree char *directory = NULL;

    if (g_path_is_absolute(name))
        return g_strdup(name);
    directory = g_path_get_dirname(referrer);

    return g_build_filename(directory, name, NULL);
}

static const char *
hinted_format(const LayerHint *hints, gsize n_hints, const char *path)
{
    for (gsize i = 0; i < n_hints; i++) {
        g_autofree char *canonical = hints[i].path ? realpath(hints[i].path, NULL) : NULL;

        if (canonical && g_str_equal(canonical, path))
            return hints[i].format;
    }

    return NULL;
}

typedef struct {
    ChainCache *cache;
    const LayerHint *hints;
    gsize n_hints;
    GHashTable *seen; /* canonical paths above: a loop shows there */
} Walk;

static Layer *look_at(Walk *walk, const char *path, const char *format, const char *referrer,
                      GError **error);

/* @reached: the name that led to the image, links and all. */
static gboolean
read_qcow2(Walk *walk, Layer *layer, int fd, const char *reached, GError **error)
{
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, layer->path, error);
    g_autofree char *below = NULL;

    if (!header || !qcow2_header_check(header, layer->path, error) ||
        !check_length(header, layer, error))
        return FALSE;
    layer->capacity = header->virtual_size;
    layer->encrypted = header->crypt_method != 0;
    layer->n_snapshots = header->n_snapshots;
    layer->unit_bits = header->cluster_bits;
    /* A cluster has 32 of them. */
    if (header->incompatible & QCOW2_INCOMPATIBLE_EXTENDED_L2)
        layer->unit_bits -= 5;
    if (!header->backing_name)
        return TRUE;
    layer->backing_name = g_strdup(header->backing_name);
    below = backing_path(reached, header->backing_name);
    layer->backing = look_at(walk, below, header->backing_format, layer->path, error);

    return layer->backing != NULL;
}

static gboolean
check_place(Walk *walk, const char *path, const char *format, const char *referrer,
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

static char *
canonical_path(const char *path, const char *referrer, GError **error)
{
    g_autofree char *found = realpath(path, NULL);

    if (found)
        return g_strdup(found);
    if (referrer)
        virt_snap_error_set_errno(error, errno,
                                  _("Cannot find the image '%s', the backing image of '%s'"), path,
                                  referrer);
    else
        virt_snap_error_set_errno(error, errno, _("Cannot find the image '%s'"), path);

    return NULL;
}

static Layer *
look_at_new(Walk *walk, const char *path, const char *format, const char *reached,
            GError **error)
{
    struct stat st;
    auto_fd fd = open_image(path, &st, error);
    Layer *layer;

    if (fd < 0)
        return NULL;
    layer = new_layer(path, format, &st);
    g_hash_table_add(walk->seen, g_strdup(path));
    if (g_str_equal(format, "qcow2") && !read_qcow2(walk, layer, fd, reached, error)) {
        layer_free(layer);
        return NULL;
    }

    return layer;
}

/* An image that is known by another name: its references must lead to the same files from there,
 * or one of the two chains would get the other's base. */
static gboolean
check_names(const Layer *layer, const char *reached, GError **error)
{
    g_autofree char *name = g_strdup(reached);

    for (; layer->backing; layer = layer->backing) {
        g_autofree char *below = backing_path(name, layer->backing_name);
        g_autofree char *canonical = canonical_path(below, name, error);

        if (!canonical)
            return FALSE;
        if (!g_str_equal(canonical, layer->backing->path)) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                        _("The image '%s' is used by two names; by one its backing image is '%s', "
                          "by the other, '%s', it is '%s'; give it an absolute reference"),
                        layer->path, layer->backing->path, name, canonical);
            return FALSE;
        }
        g_free(name);
        name = g_steal_pointer(&below);
    }

    return TRUE;
}

static Layer *
look_at(Walk *walk, const char *path, const char *format, const char *referrer, GError **error)
{
    g_autofree char *canonical = canonical_path(path, referrer, error);
    g_autofree char *key = NULL;
    Layer *layer;

    if (!canonical)
        return NULL;
    if (!format)
        format = hinted_format(walk->hints, walk->n_hints, canonical);
    if (!check_place(walk, canonical, format, referrer ? referrer : path, error))
        return NULL;
    key = g_strdup_printf("%s:%s", format, canonical);
    layer = g_hash_table_lookup(walk->cache->layers, key);
    if (layer)
        return check_names(layer, path, error) ? layer : NULL;
    layer = look_at_new(walk, canonical, format, path, error);
    if (layer)
        g_hash_table_insert(walk->cache->layers, g_steal_pointer(&key), layer);

    return layer;
}

Layer *
chain_resolve(ChainCache *cache, const char *path, const char *format, const LayerHint *hints,
              gsize n_hints, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Walk walk = {cache, hints, n_hints, seen};

    return look_at(&walk, path, format, NULL, error);
}

guint
chain_depth(const Layer *top)
{
    guint depth = 0;

    for (const Layer *layer = top; layer; layer = layer->backing)
        depth++;

    return depth;
}
