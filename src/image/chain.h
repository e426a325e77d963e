/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"
#include "util/block-device.h"

G_BEGIN_DECLS

/* The images that a disk consists of, from the top one down to the base. What the domain's XML says
 * of them is what the hypervisor goes by, so it is followed as far as it goes; below that, what the
 * headers say. Formats are never guessed from the content. */

/** One image, a file or a block device, as it was when it was looked at, above what is below it in
 * one chain. With something else below, the same image is another layer. */
typedef struct Layer Layer;
struct Layer {
    char *path;      /* canonical: no symbolic links */
    char *format;    /* "qcow2" or "raw" */
    gboolean block;  /* it is a block device, */
    BlockDevice state; /* in this state; it has none of the times of a file, nor an inode */
    guint64 device;  /* with inode: which file it is; of a block device its own number */
    guint64 inode;
    guint64 size;      /* bytes of the file or device */
    guint64 length;    /* bytes of it that the image takes: a qcow2 image ends before its device */
    guint64 allocated; /* bytes of those that are not holes, as far as known: */
    gboolean measured; /* what of a raw device is zeros is not, before it is read */
    gint64 mtime;      /* seconds since the epoch */
    guint32 mtime_ns;
    gint64 ctime; /* and of its last change of any kind, as of its owner; */
    guint32 ctime_ns;
    guint64 capacity;  /* bytes that a guest sees */
    gboolean encrypted; /* a guest sees something else than what is in the file */
    gboolean dirty;    /* its last writer did not close it */
    guint32 n_snapshots; /* internal ones */
    guint32 unit_bits;   /* of what its tables allot, clusters or their parts; 0: raw */
    char *backing_name;  /* the reference as it stands in its header, followed or not, or NULL */
    Layer *backing;      /* owned by the cache; NULL: the base */
};

/** What an image lies on, as those who name it say. */
typedef enum {
    IMAGE_ON_ANY,    /* not said: whatever is there */
    IMAGE_ON_FILE,   /* type='file' in the domain's XML */
    IMAGE_ON_DEVICE, /* type='block' */
} ImageOn;

/** What is said of one image of a chain by those who name it. */
typedef struct {
    const char *path;
    const char *format; /* NULL: not said */
    gboolean encrypted; /* as a whole, so that its own header does not tell */
    ImageOn on;
} ChainImage;

/** Every image that was looked at: one that many disks share is read once, and is one Layer if it
 * has the same below it for all of them. */
typedef struct ChainCache ChainCache;

/** chain_cache_new: Returns: owned by the caller; it owns every Layer that it hands out. */
ChainCache *chain_cache_new(void);
void chain_cache_free(ChainCache *cache);

/**
 * chain_resolve:
 * @images: the top image and those below it, as far as they are known; @n_images: at least 1
 * @ends: nothing is below the last of them, whatever its header says
 *
 * Looks at the images, and without @ends goes on from the last one by the backing references in the
 * headers: relative ones from the directory of the name by which the image was reached, as QEMU
 * does, which need not be that of the file that a link led to. What the headers of those above it
 * refer to does not matter. A header may lead to a block device, as to any file: QEMU shows its
 * content to the guest, who cannot write the headers of qcow2 images. Nothing is written, no access
 * time is touched where we may avoid it.
 *
 * Returns: (transfer none): the top layer; NOT_FOUND, ACCESS_DENIED, CORRUPT, NOT_SUPPORTED (no
 * qcow2 or raw image on a local file or block device, or not on what it is said to be on), or
 * INVALID_STATE (a loop, no format given), each naming the image.
 */
Layer *chain_resolve(ChainCache *cache, const ChainImage *images, gsize n_images, gboolean ends,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_open:
 * Opens the file of @layer for reading and makes sure that it still is the same one (device,
 * inode, size, time; of a block device, that nothing was written to it since, as far as the kernel
 * counts that). Returns: a descriptor, owned by the caller, or -1.
 */
int layer_open(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_open_locked:
 * The same under QEMU's image lock (image_lock_acquire()), which is taken first: from then on
 * until the descriptor is closed it is, and stays, the file that it was.
 */
int layer_open_locked(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** layer_probe: Returns: FALSE with the error that layer_open_locked() would fail with; takes no
 * lock. */
gboolean layer_probe(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** layer_open_now: Opens what @layer was made from for reading, as it is now, which a running
 * domain may be writing to. Returns: a descriptor, owned by the caller, or -1. */
int layer_open_now(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** layer_is_at: Returns: TRUE if @path leads to the file or the block device of @layer, by whatever
 * name or node. */
gboolean layer_is_at(const Layer *layer, const char *path);

/** chain_has_block: Returns: TRUE if @top, or an image below it, is on a block device. */
gboolean chain_has_block(const Layer *top);

/** chain_depth: Returns: how many images @top and those below it are. */
guint chain_depth(const Layer *top);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChainCache, chain_cache_free)

G_END_DECLS
