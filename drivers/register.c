/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "drivers/file/file-sink.h"
#include "drivers/file/file-source.h"
#include "drivers/libvirt/libvirt-connection.h"
#include "drivers/libvirt/libvirt-hypervisor.h"
#include "drivers/nbd/nbd-source.h"
#include "drivers/qemu/qemu-check.h"
#include "drivers/qemu/qemu-commit.h"
#include "drivers/qemu/qemu-image.h"
#include "drivers/qemu/qemu-img.h"
#include "drivers/register.h"
#include "hypervisor/drivers.h"
#include "qcow2/chain-source.h"
#include "qcow2/flat-source.h"
#include "qcow2/packed-sink.h"

static Source *
open_layer(const Layer *layer, GError **error)
{
    return layer_source_open(layer, file_source_new, error);
}

static Source *
open_guest(const Layer *top, const char *snapshot, gboolean live, GError **error)
{
    g_autoptr(GError) refused = NULL;
    g_autofree char *image = NULL;

    /* What only QEMU can read, it reads for us. */
    if (!live && !snapshot) {
        Source *source = chain_source_open(top, file_source_new, &refused);

        if (source)
            return source;
    }
    if (refused && !g_error_matches(refused, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return NULL;
    }
    image = qemu_image_describe(top, !live);

    return nbd_source_open(image, snapshot, top->path, error);
}

static Source *
open_flat(const Layer *top, const char *snapshot, gboolean live, GError **error)
{
    g_autoptr(Source) guest = open_guest(top, snapshot, live, error);

    return guest ? flat_source_new(g_steal_pointer(&guest), top->path, error) : NULL;
}

static Sink *
create_packed(int dirfd, const char *name, const PackedImage *image, mode_t mode, GError **error)
{
    Sink *file = file_sink_new(dirfd, name, 0, mode, error);

    return file ? packed_sink_new(file, image) : NULL;
}

static const Drivers drivers = {
    .open_hypervisor = libvirt_hypervisor_open,
    .open_file = file_source_open,
    .wrap_file = file_source_new,
    .wrap_part = file_source_new_part,
    .open_flat = open_flat,
    .open_guest = open_guest,
    .open_above = flat_source_new_above,
    .open_captured = nbd_source_connect,
    .find_dirty = nbd_source_find_dirty,
    .open_layer = open_layer,
    .create_packed = create_packed,
    .create_file = file_sink_new,
    .reopen_file = file_sink_reopen,
    .create_overlay = qemu_img_create,
    .apply_snapshot = qemu_img_apply,
    .check_image = qemu_check_image,
    .commit_image = qemu_commit,
    .flatten_image = qemu_flatten,
    .rebase_image = qemu_rebase,
    .compare_images = qemu_compare,
};

void
register_drivers(void)
{
    drivers_register(&drivers);
}

void
drivers_keep_quiet(void)
{
    libvirt_keep_quiet();
}
