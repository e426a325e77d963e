/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"
#include "util/block-device.h"

G_BEGIN_DECLS

/* The backing chain of a disk, from the top image down to the base. The chain in the domain's XML
 * is the one that the hypervisor uses, so it is followed as far as it goes; below its last image
 * the references in the image headers are followed. Formats are never probed from the content. */

/** One image (a file or a block device) together with its backing chain, in the state in which it
 * was found. The same image with another backing image in another chain is another Layer. */
typedef struct Layer Layer;
struct Layer {
    char *path;      /* canonical: absolute, without symbolic links */
    char *format;    /* "qcow2" or "raw" */
    gboolean block;  /* TRUE if it is a block device */
    BlockDevice state; /* state of the block device, for which inode, mtime and ctime are 0 */
    guint64 device;  /* with inode identifies the file; for a block device its device number */
    guint64 inode;
    guint64 size;      /* bytes of the file or device */
    guint64 length;    /* bytes that the image occupies: a qcow2 image may end before its block
                        * device does */
    guint64 allocated; /* bytes of length that are not holes, as far as known */
    gboolean measured; /* FALSE for a raw block device, whose zeros are not known before it is
                        * read */
    gint64 mtime;      /* seconds since the epoch */
    guint32 mtime_ns;
    gint64 ctime; /* time of the last change of any kind, as of the owner */
    guint32 ctime_ns;
    guint64 capacity;  /* virtual size in bytes, as a guest sees it */
    gboolean encrypted; /* the content of the file is not what a guest sees */
    gboolean dirty;    /* its last writer did not close it properly (qcow2's dirty bit) */
    guint32 n_snapshots; /* number of internal snapshots */
    guint32 n_bitmaps;   /* number of dirty bitmaps that are kept in it */
    guint32 unit_bits;   /* log2 of the allocation unit in bytes, a cluster or subcluster; 0: raw */
    char *backing_name;  /* the backing reference as it stands in the header, whether it was
                          * followed or not; NULL: none */
    Layer *backing;      /* owned by the cache; NULL: this is the base */
};

/** The kind of storage on which the reference to an image says that it is. */
typedef enum {
    IMAGE_ON_ANY,    /* not specified: either kind is accepted */
    IMAGE_ON_FILE,   /* type='file' in the domain's XML */
    IMAGE_ON_DEVICE, /* type='block' */
} ImageOn;

/** What the reference to one image of a chain says about it. */
typedef struct {
    const char *path;
    const char *format; /* NULL: not specified */
    gboolean encrypted; /* encrypted as a whole (LUKS), which a raw image has no header of its own
                         * to say */
    ImageOn on;
} ChainImage;

/** All images examined so far. An image that many disks share is read once, and is a single Layer
 * if its backing chain is the same for all of them. */
typedef struct ChainCache ChainCache;

/** chain_cache_new: Returns: an empty cache, owned by the caller. The cache owns every Layer that
 * it returns. */
ChainCache *chain_cache_new(void);
void chain_cache_free(ChainCache *cache);

/**
 * chain_resolve:
 * @images: the top image and its backing images, as far as the domain's XML lists them; @n_images:
 * at least 1
 * @ends: TRUE if the last of @images is the base, whatever its header says
 *
 * Examines @images and, unless @ends is TRUE, follows the backing references in the headers from
 * the last of them on. As in QEMU, a relative reference starts at the directory of the path by
 * which the image was reached, not at that of the target of a symbolic link. The backing references
 * in the headers of the other @images are ignored. A header may refer to a block device as to any
 * file: QEMU would show its content to the guest too, and a guest cannot write the headers of its
 * qcow2 images. Nothing is written, and access times are left alone where permitted.
 *
 * Returns: (transfer none): the top layer; NOT_FOUND, ACCESS_DENIED, CORRUPT, NOT_SUPPORTED
 * (neither qcow2 nor raw, not on a local file or block device, or on another kind of storage than
 * @images say), or INVALID_STATE (the chain has a loop, or no format is given), each naming the
 * image.
 */
Layer *chain_resolve(ChainCache *cache, const ChainImage *images, gsize n_images, gboolean ends,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_open:
 * Opens the file of @layer for reading and checks that it has not changed: device, inode, size and
 * mtime of a file; for a block device, that the kernel has counted no writes since
 * (block-device.h). Returns: a descriptor, owned by the caller, or -1.
 */
int layer_open(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_open_locked:
 * Opens and checks the file of @layer as layer_open() does, after it has taken QEMU's image lock
 * (image_lock_acquire()). The lock keeps the image unchanged until the descriptor is closed.
 * Returns: a descriptor, owned by the caller, or -1.
 */
int layer_open_locked(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** layer_probe: Returns: FALSE with the error that layer_open_locked() would return now. It takes
 * no lock. */
gboolean layer_probe(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** layer_open_now: Opens the file or block device of @layer for reading, without any check: it may
 * have changed, and a running domain may be writing to it. Returns: a descriptor, owned by the
 * caller, or -1. */
int layer_open_now(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** layer_is_at: Returns: TRUE if @path leads to the file or the block device of @layer, also by
 * another name or another device node. */
gboolean layer_is_at(const Layer *layer, const char *path);

/** chain_has_block: Returns: TRUE if @top or one of its backing images is on a block device. */
gboolean chain_has_block(const Layer *top);

/** chain_depth: Returns: the number of images in the chain, including @top. */
guint chain_depth(const Layer *top);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChainCache, chain_cache_free)

G_END_DECLS
