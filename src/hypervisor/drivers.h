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

/* What the library needs from outside. The drivers fill it in when the program starts, so that
 * the library never calls upwards. */

/** Told how much of a commit is done, 0 to 1. */
typedef void (*CommitFunc)(double done, gpointer data);

typedef struct {
    /* Connects to the hypervisor at @uri (NULL: its default). */
    Hypervisor *(*open_hypervisor)(const char *uri, GError **error);

    /* Opens @path below @dirfd as a source: a local file or block device, as it is. */
    Source *(*open_file)(int dirfd, const char *path, GError **error);

    /* The same for an open file, which the source owns from then on. */
    SourceOfFile wrap_file;

    /* The same, of the first @length bytes only. */
    Source *(*wrap_part)(int fd, guint64 length, const char *what, GError **error);

    /* What a guest sees of the chain below @top (at its internal snapshot @snapshot if not NULL)
     * as one standalone qcow2 image. @live: a running domain has the top image open for writing
     * (an internal snapshot in it is fixed all the same). */
    Source *(*open_flat)(const Layer *top, const char *snapshot, gboolean live, GError **error);

    /* The same as the guest sees it, not as an image. */
    Source *(*open_guest)(const Layer *top, const char *snapshot, gboolean live, GError **error);

    /* What is data in @disk, which it owns from then on, as a qcow2 image above another one: a hole
     * is what it leaves to that. The header refers to that by @backing_name and @backing_format. */
    Source *(*open_above)(Source *disk, const char *backing_name, const char *backing_format,
                          const char *what, GError **error);

    /* What is in the export @name of the NBD server at @socket, called @what in errors. */
    Source *(*open_captured)(const char *socket, const char *name, const char *what,
                             GError **error);

    /* What the qcow2 image @layer itself has of the disk: a hole is what it leaves to its backing
     * image; zeros that hide that are data. */
    Source *(*open_layer)(const Layer *layer, GError **error);

    /* Creates the file @name below @dirfd: a qcow2 image with zstd clusters, to be given what the
     * guest sees (or what one layer has of it). */
    Sink *(*create_packed)(int dirfd, const char *name, const PackedImage *image, mode_t mode,
                           GError **error);

    /* Creates the file @name below @dirfd, to be filled; it has the permissions @mode once it is
     * complete. */
    Sink *(*create_file)(int dirfd, const char *name, guint64 size, mode_t mode, GError **error);

    /* The same for a file that was created earlier, and not finished: NOT_FOUND if it is not there,
     * CORRUPT if it has another size. */
    Sink *(*reopen_file)(int dirfd, const char *name, guint64 size, mode_t mode, GError **error);

    /* Creates the file @name below @dirfd: an empty qcow2 image of @size bytes above @backing, an
     * absolute path that need not be there yet. */
    gboolean (*create_overlay)(int dirfd, const char *name, const char *backing,
                               const char *format, guint64 size, GError **error);

    /* Gives the qcow2 image that is open as @fd, for writing, the state of its internal snapshot
     * with the id @id. */
    gboolean (*apply_snapshot)(int fd, const char *id, const char *what, GError **error);

    /* Lets QEMU check the qcow2 image that is open as @fd, without what is below it. Returns FALSE
     * with CORRUPT and QEMU's own words if it found damage; unused clusters are none. */
    gboolean (*check_image)(int fd, const char *what, GError **error);

    /* Writes what the qcow2 image @top has of the disk into the image below it, under QEMU's locks
     * of both; @top itself stays as it is. @control is asked, and @func told, meanwhile; its
     * bandwidth is that of the beginning. IN_USE if somebody has one of them open. */
    gboolean (*commit_image)(const Layer *top, Control *control, CommitFunc func, gpointer data,
                             GError **error);

    /* Has the header of the qcow2 image @layer name @backing, whose content has to be that of
     * what it stands on now. */
    gboolean (*rebase_image)(const Layer *layer, const char *backing, const char *format,
                             GError **error);

    /* Finds out whether guests see the same in the images @one and @other, which nobody writes to.
     * Reads what is stored in both. */
    gboolean (*compare_images)(const Layer *one, const Layer *other, gboolean *same,
                               GError **error);
} Drivers;

/** Makes @drivers, which must stay, the ones that the library uses. */
void drivers_register(const Drivers *drivers);

/** drivers_get: Returns: the registered ones. */
const Drivers *drivers_get(void);

G_END_DECLS
