/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "archive/journal-kind.h"

gboolean
journal_check_kind(int fd, gboolean import, const char *parent, const char *partial,
                   GError **error)
{
    char text[sizeof JOURNAL_OF_IMPORT] = "";
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    gboolean is_import = g_str_equal(text, JOURNAL_OF_IMPORT);

    if (length < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot read '%s'"), partial);
        return FALSE;
    }
    if (length < (ssize_t)sizeof text - 1 || is_import == import)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                is_import ? _("'%s/%s' is what an interrupted import has left; let the next import "
                              "of the same there complete it, or remove it, or export to another "
                              "directory")
                          : _("'%s/%s' is what an interrupted export has left; export the same "
                              "there again, or remove it, or import to another directory"),
                parent, partial);

    return FALSE;
}
