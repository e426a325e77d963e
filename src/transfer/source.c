/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "transfer/source.h"
#include "util/format.h"

gboolean
source_check_size(guint64 size, const char *what, GError **error)
{
    g_autofree char *has = NULL;
    g_autofree char *most = NULL;

    if (size <= SOURCE_BYTES_MAX)
        return TRUE;
    has = format_bytes(size);
    most = format_bytes(SOURCE_BYTES_MAX);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s' has %s, and more than %s of one file or disk is not supported; a disk can "
                  "be left out with --exclude"),
                what, has, most);

    return FALSE;
}
