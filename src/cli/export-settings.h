/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/export-request.h"
#include "settings/settings.h"

G_BEGIN_DECLS

/**
 * export_settings_read:
 * @options: those of `export`
 *
 * Returns: the settings of the file, if one is given, overridden by the other options; owned by the
 * caller. The error names the option or the file; NOT_SUPPORTED a feature that does not exist yet.
 */
VirtSnapExportSettings *export_settings_read(const ExportOptions *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
