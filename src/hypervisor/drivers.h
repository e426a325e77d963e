/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "image/chain.h"
#include "qcow2/packed-image.h"
#include "transfer/control.h"
#include "transfer/sink.h"
#include "transfer/source.h"

G_BEGIN_DECLS

/* The functions of the drivers that lower layers call. They are registered when the program starts,
 * so that no file includes headers of a layer above its own. */

/** Told how much of a commit is done, 0 to 1. */
typedef void (*CommitFunc)(double done, gpointer data);

typedef struct {
    /* Connects to the hypervisor at @uri (NULL: the default). Returns: owned by the caller. */
    Hypervisor *(*open_hypervisor)(const char *uri, GError **error);

    /* Opens the local file or block device @path, relative to @dirfd, as a source of its plain
     * bytes. */
    Source *(*open_file)(int dirfd, const char *path, GError **error);

    /* Makes a source of an open file, as open_file does. */
    SourceOfFile wrap_file;

    /* Makes a source of the first @length bytes of an open file, which the source owns from then
     * on. */
    Source *(*wrap_part)(int fd, guint64 length, const char *what, GError **error);

    /* Opens the chain of @top, at its internal snapshot @snapshot if that is not NULL, as a source
     * of one standalone qcow2 image. @live: a running domain has the top image open for writing;
     * the content of an internal snapshot does not change even then. */
    Source *(*open_flat)(const Layer *top, const char *snapshot, gboolean live, GError **error);

    /* Opens the same chain as a source of the raw disk as the guest sees it. */
    Source *(*open_guest)(const Layer *top, const char *snapshot, gboolean live, GError **error);

    /* Makes a source of a qcow2 image above the image @backing_name in @backing_format: it has the
     * data of @disk, which it owns from then on, and leaves the holes of @disk to that image. */
    Source *(*open_above)(Source *disk, const char *backing_name, const char *backing_format,
                          const char *what, GError **error);

    /* Opens the export @name of the NBD server at @socket, called @what in errors. */
    Source *(*open_captured)(const char *socket, const char *name, const char *what,
                             GError **error);

    /* Adds extents for the whole of that export to @extents: what has changed according to its
     * dirty bitmap @bitmap is data, all else a hole. */
    gboolean (*find_dirty)(const char *socket, const char *name, const char *bitmap,
                           const char *what, GArray *extents, GError **error);

    /* Opens the qcow2 image @layer without its backing chain: what it leaves to its backing image
     * is a hole; zeros that hide the backing image are data. */
    Source *(*open_layer)(const Layer *layer, GError **error);

    /* Creates the file @name below @dirfd: a sink that stores what the guest sees (or what
     * open_layer provides) as a qcow2 image with zstd-compressed clusters. */
    Sink *(*create_packed)(int dirfd, const char *name, const PackedImage *image, mode_t mode,
                           GError **error);

    /* Creates the file @name below @dirfd as a sink of @size bytes. The file gets the permissions
     * @mode when it is complete. */
    Sink *(*create_file)(int dirfd, const char *name, guint64 size, mode_t mode, GError **error);

    /* Opens an incomplete file that create_file created earlier: NOT_FOUND if it does not exist,
     * CORRUPT if it has another size. */
    Sink *(*reopen_file)(int dirfd, const char *name, guint64 size, mode_t mode, GError **error);

    /* Creates the file @name below @dirfd: an empty qcow2 image of @size bytes with the backing
     * file @backing, an absolute path that need not exist yet. */
    gboolean (*create_overlay)(int dirfd, const char *name, const char *backing,
                               const char *format, guint64 size, GError **error);

    /* Reverts the qcow2 image that is open for writing as @fd to its internal snapshot with the id
     * @id. */
    gboolean (*apply_snapshot)(int fd, const char *id, const char *what, GError **error);

    /* Checks the qcow2 image that is open as @fd with qemu-img check, without its backing chain.
     * Returns: FALSE with CORRUPT and QEMU's message if there is damage; leaked clusters are not
     * damage. */
    gboolean (*check_image)(int fd, const char *what, GError **error);

    /* Writes the data of the qcow2 image @top into its backing image, while it holds QEMU's locks
     * of both; @top itself does not change. @control can cancel it, and limits it to the bandwidth
     * that is set when it begins; @func is told the progress. IN_USE if another process has one of
     * the images open. */
    gboolean (*commit_image)(const Layer *top, Control *control, CommitFunc func, gpointer data,
                             GError **error);

    /* Writes the data of all images below the qcow2 image @top into @top itself, while it holds
     * QEMU's locks, so that @top needs none of them any more. @control and @func are as for
     * commit_image. If it is interrupted, @top still has the same content together with its chain.
     * IN_USE if another process has @top open. */
    gboolean (*flatten_image)(const Layer *top, Control *control, CommitFunc func, gpointer data,
                              GError **error);

    /* Makes @backing the backing file in the header of the qcow2 image @layer. Its content has to
     * be the same as that of the present backing chain. */
    gboolean (*rebase_image)(const Layer *layer, const char *backing, const char *format,
                             GError **error);

    /* Compares what guests see in the images @one and @other, to which nobody writes. Only stored
     * data are read. @same: (out): whether they are equal. */
    gboolean (*compare_images)(const Layer *one, const Layer *other, gboolean *same,
                               GError **error);
} Drivers;

/** Registers @drivers, which must stay valid. */
void drivers_register(const Drivers *drivers);

/** drivers_get: Returns: (transfer none): the registered drivers. */
const Drivers *drivers_get(void);

G_END_DECLS
