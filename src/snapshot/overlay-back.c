/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include "image/image-lock.h"
#include "image/qcow2-header.h"
#include "snapshot/layer-blank.h"
#include "snapshot/overlay-back.h"
#include "util/fd.h"

gboolean
overlay_is_above_source(const SetDisk *disk)
{
    auto_fd fd = open(disk->overlay, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    gboolean missing = fd < 0 && errno == ENOENT;
    g_autoptr(Qcow2Header) header =
        fd < 0 ? NULL : qcow2_header_read(fd, disk->overlay, NULL);

    return missing || (header && g_strcmp0(header->backing_name, disk->source) == 0);
}

gboolean
overlay_point_back(Hypervisor *hypervisor, const char *uuid, const SetDisk *disk, GError **error)
{
    auto_fd fd = open(disk->overlay, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    g_autoptr(GError) locked = NULL;

    if (fd >= 0 && !image_lock_acquire(fd, disk->overlay, &locked) &&
        g_error_matches(locked, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE)) {
        g_propagate_error(error, g_steal_pointer(&locked));
        return FALSE;
    }
    if (!layer_path_is_blank(disk->overlay)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("'%s' was written to meanwhile; try again"), disk->overlay);
        return FALSE;
    }
    if (!overlay_is_above_source(disk)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("There is another image between '%s' and '%s' now, and all is left as it "
                      "is; remove the snapshot that has made it"),
                    disk->overlay, disk->source);
        return FALSE;
    }

    return hypervisor->ops->snapshots->point_back(hypervisor, uuid, disk->target, disk->overlay,
                                                  disk->source, disk->format, error);
}
