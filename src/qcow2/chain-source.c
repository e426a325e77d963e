/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qcow2/chain-source.h"
#include "qcow2/cluster-map.h"
#include "qcow2/cluster-unpack.h"
#include "util/fd.h"

#define ALIGNMENT 4096
/* Size of a sector in QEMU, which reads zeros behind the end of a raw image that ends within a
 * sector. */
#define SECTOR 512
/* The maximal number of workers of the engine. */
#define WORKERS_MAX 64

/* One image of the chain. */
typedef struct {
    char *what;
    Source *file;     /* source of its file; owned */
    int fd;           /* descriptor of its file for unaligned reads; owned by the source */
    ClusterMap *map;  /* NULL: raw */
    guint64 capacity; /* virtual size in bytes */
    ClusterCursor *cursors[WORKERS_MAX]; /* one for each worker, NULL until its first read */
} Image;

/* The buffers of one worker for compressed clusters. */
typedef struct {
    ClusterUnpacker *unpacker;
    guint8 *stream; /* aligned; room for the largest stream, extended to whole blocks */
    guint8 *data;   /* the cluster that was decompressed last */
    const Image *image; /* image of the cluster in data, or NULL */
    guint64 offset;     /* offset of its stream in the file */
} Scratch;

typedef struct {
    Source parent;
    GPtrArray *images; /* Image, the top one first */
    gsize cluster_max; /* of all images */
    gboolean alone;    /* an overlay without its backing image, whose zero clusters are data */
    Scratch *scratch[WORKERS_MAX]; /* NULL until the worker meets a compressed cluster */
} ChainSource;

/* A run of guest bytes and the image that provides it. */
typedef struct {
    Image *image; /* NULL: zeros */
    ClusterRun run;
} ChainRun;

static void
chain_image_free(Image *image)
{
    for (gsize i = 0; i < WORKERS_MAX; i++)
        cluster_cursor_free(image->cursors[i]);
    cluster_map_free(image->map);
    source_free(image->file);
    g_free(image->what);
    g_free(image);
}

static ClusterCursor *
cursor_of(Image *image, guint worker)
{
    g_return_val_if_fail(worker < WORKERS_MAX, NULL);

    if (!image->cursors[worker])
        image->cursors[worker] = cluster_cursor_new();

    return image->cursors[worker];
}

/* In a raw image guest offsets are file offsets; behind its end there are zeros. */
static void
find_raw(const Image *image, guint64 offset, guint64 length, ClusterRun *run)
{
    *run = (ClusterRun){CLUSTER_DATA, offset, length, 0};
    if (offset >= image->file->size)
        run->kind = CLUSTER_ZERO;
    else
        run->length = MIN(length, image->file->size - offset);
}

/* Finds the uppermost image that has something at @offset. */
static gboolean
find_run(ChainSource *self, guint worker, guint64 offset, guint64 length, ChainRun *found,
         GError **error)
{
    found->image = NULL;
    for (guint i = 0; i < self->images->len; i++) {
        Image *image = g_ptr_array_index(self->images, i);

        /* Behind the end of a shorter overlay the disk reads as zeros: it hides its backing image
         * there. */
        if (offset >= image->capacity)
            break;
        length = MIN(length, image->capacity - offset);
        if (!image->map)
            find_raw(image, offset, length, &found->run);
        else if (!cluster_map_find(image->map, cursor_of(image, worker), offset, length,
                                   &found->run, error))
            return FALSE;
        length = MIN(length, found->run.length);
        if (found->run.kind == CLUSTER_ABSENT)
            continue;
        if (found->run.kind != CLUSTER_ZERO)
            found->image = image;
        break;
    }
    found->run.length = length;

    return TRUE;
}

static gboolean
read_image_file(const Image *image, guint worker, guint8 *out, guint64 offset, gsize length,
                GError **error)
{
    guint64 size = image->file->size;
    gsize have = (gsize)MIN(length, size - MIN(offset, size));

    memset(out + have, 0, length - have);
    if (have == 0)
        return TRUE;
    /* A block that the end of the file cuts short can be read directly as well. */
    if (offset % ALIGNMENT == 0 && (gsize)out % ALIGNMENT == 0 &&
        (have % ALIGNMENT == 0 || offset + have == size))
        return image->file->ops->read(image->file, worker, out, offset, have, error);

    return fd_pread_all(image->fd, out, have, offset, image->what, error);
}

static void
scratch_free(Scratch *scratch)
{
    if (!scratch)
        return;
    cluster_unpacker_free(scratch->unpacker);
    free(scratch->stream);
    g_free(scratch->data);
    g_free(scratch);
}

static Scratch *
scratch_new(gsize cluster)
{
    Scratch *scratch = g_new0(Scratch, 1);

    /* A stream has at most two clusters; it begins and ends at any byte of a block. */
    if (posix_memalign((void **)&scratch->stream, ALIGNMENT, 2 * cluster + 2 * ALIGNMENT) != 0)
        g_error("out of memory");
    scratch->data = g_malloc(cluster);
    scratch->unpacker = cluster_unpacker_new();

    return scratch;
}

static gboolean
unpack_stream(ChainSource *self, guint worker, const ChainRun *found, GError **error)
{
    const Qcow2Header *header = cluster_map_header(found->image->map);
    const ClusterRun *run = &found->run;
    gsize cluster = (gsize)1 << header->cluster_bits;
    gsize skip = (gsize)(run->offset % ALIGNMENT);
    gsize length = (skip + run->stream_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    Scratch *scratch = self->scratch[worker];

    if (!scratch)
        scratch = self->scratch[worker] = scratch_new(self->cluster_max);
    if (scratch->image == found->image && scratch->offset == run->offset)
        return TRUE;
    scratch->image = NULL;
    if (!read_image_file(found->image, worker, scratch->stream, run->offset - skip, length, error))
        return FALSE;
    if (!cluster_unpack(scratch->unpacker, header->compression, scratch->stream + skip,
                        run->stream_bytes, scratch->data, cluster)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s' is no sound qcow2 image: the compressed cluster at byte %" PRIu64
                      " cannot be decompressed"),
                    found->image->what, run->offset);
        return FALSE;
    }
    scratch->image = found->image;
    scratch->offset = run->offset;

    return TRUE;
}

static gboolean
read_run(ChainSource *self, guint worker, const ChainRun *found, guint8 *out, guint64 guest,
         GError **error)
{
    gsize length = (gsize)found->run.length;
    gsize skip;

    if (!found->image) {
        memset(out, 0, length);
        return TRUE;
    }
    if (found->run.kind == CLUSTER_DATA)
        return read_image_file(found->image, worker, out, found->run.offset, length, error);
    if (!unpack_stream(self, worker, found, error))
        return FALSE;
    skip = guest & (((gsize)1 << cluster_map_header(found->image->map)->cluster_bits) - 1);
    memcpy(out, self->scratch[worker]->data + skip, length);

    return TRUE;
}

static gboolean
chain_source_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                  GError **error)
{
    ChainSource *self = (ChainSource *)source;
    guint8 *out = buffer;

    while (length > 0) {
        ChainRun found;

        if (!find_run(self, worker, offset, length, &found, error) ||
            !read_run(self, worker, &found, out, offset, error))
            return FALSE;
        out += found.run.length;
        offset += found.run.length;
        length -= (gsize)found.run.length;
    }

    return TRUE;
}

static void
add_guest_extent(GArray *extents, guint64 offset, guint64 length, gboolean data)
{
    Extent extent = {offset, length, data};
    Extent *last = extents->len > 0 ? &g_array_index(extents, Extent, extents->len - 1) : NULL;

    if (last && last->data == data && last->offset + last->length == offset)
        last->length += length;
    else
        g_array_append_val(extents, extent);
}

/* Adds the extents of the file itself: a raw file, or clusters that a qcow2 file has allocated but
 * never written, may have holes. */
static gboolean
add_file_extents(const ChainRun *found, guint worker, guint64 guest, GArray *extents,
                 GError **error)
{
    const ClusterRun *run = &found->run;
    Source *file = found->image->file;
    guint64 length = MIN(run->length, file->size - MIN(run->offset, file->size));
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(Extent));

    if (length > 0 && !file->ops->extents(file, worker, run->offset, length, parts, error))
        return FALSE;
    for (guint i = 0; i < parts->len; i++) {
        const Extent *part = &g_array_index(parts, Extent, i);

        add_guest_extent(extents, guest + part->offset - run->offset, part->length, part->data);
    }
    if (run->length > length)
        add_guest_extent(extents, guest + length, run->length - length, FALSE);

    return TRUE;
}

static gboolean
chain_source_extents(Source *source, guint worker, guint64 offset, guint64 length,
                     GArray *extents, GError **error)
{
    ChainSource *self = (ChainSource *)source;

    for (guint64 end = offset + length; offset < end;) {
        ChainRun found;

        if (!find_run(self, worker, offset, end - offset, &found, error))
            return FALSE;
        if (self->alone)
            add_guest_extent(extents, offset, found.run.length, found.run.kind != CLUSTER_ABSENT);
        else if (!found.image || found.run.kind == CLUSTER_COMPRESSED)
            add_guest_extent(extents, offset, found.run.length, found.image != NULL);
        else if (!add_file_extents(&found, worker, offset, extents, error))
            return FALSE;
        offset += found.run.length;
    }

    return TRUE;
}

static gboolean
chain_source_check(Source *source, GError **error)
{
    ChainSource *self = (ChainSource *)source;

    for (guint i = 0; i < self->images->len; i++) {
        const Image *image = g_ptr_array_index(self->images, i);

        if (!image->file->ops->check(image->file, error))
            return FALSE;
    }

    return TRUE;
}

static void
chain_source_free(Source *source)
{
    ChainSource *self = (ChainSource *)source;

    for (gsize i = 0; i < WORKERS_MAX; i++)
        scratch_free(self->scratch[i]);
    g_ptr_array_unref(self->images);
    g_free(source->what);
    g_free(self);
}

static const SourceOps chain_source_ops = {
    .name = "chain",
    .read = chain_source_read,
    .extents = chain_source_extents,
    .check = chain_source_check,
    .free = chain_source_free,
};

static gboolean
add_chain_image(ChainSource *self, const Layer *layer, SourceOfFile wrap, GError **error)
{
    Image *image = g_new0(Image, 1);

    g_ptr_array_add(self->images, image);
    image->what = g_strdup(layer->path);
    image->fd = layer_open(layer, error);
    if (image->fd < 0)
        return FALSE;
    image->file = wrap(image->fd, layer->path, error);
    if (!image->file)
        return FALSE;
    image->capacity = (image->file->size + SECTOR - 1) / SECTOR * SECTOR;
    if (!g_str_equal(layer->format, "qcow2"))
        return TRUE;
    image->map = cluster_map_new(image->fd, layer->path, error);
    if (!image->map)
        return FALSE;
    image->capacity = cluster_map_header(image->map)->virtual_size;
    self->cluster_max =
        MAX(self->cluster_max, (gsize)1 << cluster_map_header(image->map)->cluster_bits);

    return TRUE;
}

static Source *
open_images(const Layer *top, gboolean alone, SourceOfFile wrap, GError **error)
{
    ChainSource *self = g_new0(ChainSource, 1);
    g_autoptr(Source) source = &self->parent;

    source->ops = &chain_source_ops;
    source->what = g_strdup(top->path);
    self->alone = alone && top->backing;
    self->images = g_ptr_array_new_with_free_func((GDestroyNotify)chain_image_free);
    for (const Layer *layer = top; layer; layer = alone ? NULL : layer->backing) {
        if (!add_chain_image(self, layer, wrap, error))
            return NULL;
    }
    source->size = ((const Image *)g_ptr_array_index(self->images, 0))->capacity;
    if (!source_check_size(source->size, top->path, error))
        return NULL;

    return g_steal_pointer(&source);
}

Source *
chain_source_open(const Layer *top, SourceOfFile wrap, GError **error)
{
    return open_images(top, FALSE, wrap, error);
}

Source *
layer_source_open(const Layer *layer, SourceOfFile wrap, GError **error)
{
    return open_images(layer, TRUE, wrap, error);
}
