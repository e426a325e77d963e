/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/export-request.h"
#include "settings/settings.h"

G_BEGIN_DECLS

/** export_settings_load: @options: those of `export`. Returns: the settings of the file, if one is
 * given, owned by the caller. */
VirtSnapExportSettings *export_settings_load(const ExportOptions *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_settings_override: Puts the other options on top of @settings. The error names the
 * option; NOT_SUPPORTED is what cannot be had together. */
gboolean export_settings_override(VirtSnapExportSettings *settings, const ExportOptions *options,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
