/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/cmd-export.h"

int
export_run(CliContext *cli, const ExportRequest *request)
{
    g_autoptr(GError) error =
        g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("exporting the snapshot '%s' into '%s' is not supported yet"),
                    request->snapshot, request->directory);

    return cli_fail(cli, error);
}
