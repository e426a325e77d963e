/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "image/image-lock.h"
#include "snapshot/image-idle.h"
#include "util/fd.h"

gboolean
image_is_idle(const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;
    struct stat st;
    auto_fd fd = fd_open_data(AT_FDCWD, path, 0, &st);

    if (fd < 0 || image_lock_probe(fd, path, &why) ||
        !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("another process writes to '%s', though the domain is shut off here; if it was "
                  "migrated, do this on the host where it runs"),
                path);

    return FALSE;
}
