/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "archive/export-stamp.h"

ExportStamp
export_stamp_of(const struct stat *st)
{
    return (ExportStamp){
        .device = st->st_dev,
        .inode = st->st_ino,
        .written =
            (gint64)st->st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st->st_mtim.tv_nsec,
    };
}

gboolean
export_stamp_check(const ExportStamp *self, int lock, const char *path, GError **error)
{
    ExportStamp now = {0};
    struct stat st;

    if (fstat(lock, &st) == 0)
        now = export_stamp_of(&st);
    if (now.device == self->device && now.inode == self->inode && now.written == self->written)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("'%s' is another export by now: the one that was looked at was removed or "
                  "replaced meanwhile"),
                path);

    return FALSE;
}
