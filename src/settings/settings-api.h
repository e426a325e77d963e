/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib-object.h>

#include "util/error.h"

G_BEGIN_DECLS

/**
 * VirtSnapExportSettings:
 *
 * The ExportSettingData of the method ExportSnapshot: what is to be exported, and how. As text it
 * is either an <exportsettings> document or a CIM-XML instance of
 * Msvm_CollectionSnapshotExportSettingData. The name of a setting is that of its element in
 * <exportsettings>.
 */
typedef struct VirtSnapExportSettings VirtSnapExportSettings;

GType virt_snap_export_settings_get_type(void);

/**
 * virt_snap_export_settings_new:
 *
 * Creates settings.
 *
 * Returns: (transfer full): settings with default values
 */
VirtSnapExportSettings *virt_snap_export_settings_new(void);

/**
 * virt_snap_export_settings_copy:
 * @self: settings
 *
 * Copies settings.
 *
 * Returns: (transfer full): a copy
 */
VirtSnapExportSettings *virt_snap_export_settings_copy(const VirtSnapExportSettings *self);

/**
 * virt_snap_export_settings_free:
 * @self: (nullable): settings
 *
 * Frees @self.
 */
void virt_snap_export_settings_free(VirtSnapExportSettings *self);

/**
 * virt_snap_export_settings_parse:
 * @text: (array length=length) (element-type guint8): XML in one of the two forms, at most 1 MiB
 * @length: its length in bytes
 * @error: INVALID_PARAMETER naming the element or property that is unknown, given twice, of the
 * wrong type or out of range
 *
 * Reads settings from XML.
 *
 * Returns: (transfer full): the settings in @text, with defaults for those that it does not have
 */
VirtSnapExportSettings *virt_snap_export_settings_parse(const char *text, gsize length,
                                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_export_settings_load_file:
 * @path: (type filename): a file
 * @error: as for virt_snap_export_settings_parse(), or the reason why the file cannot be read
 *
 * Reads settings from a file.
 *
 * Returns: (transfer full): the settings in the file, with defaults for those that it does not have
 */
VirtSnapExportSettings *virt_snap_export_settings_load_file(const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_export_settings_format:
 * @self: settings
 *
 * Formats settings as XML.
 *
 * Returns: (transfer full): the <exportsettings> document
 */
char *virt_snap_export_settings_format(const VirtSnapExportSettings *self);

/**
 * virt_snap_export_settings_set:
 * @self: settings
 * @name: of a setting, as "intent"
 * @text: its value as in <exportsettings>; a "DOMAIN:TARGET" is added to those of exclude or
 * include
 * @error: INVALID_PARAMETER saying what was expected
 *
 * Sets a setting.
 *
 * Returns: whether it was set
 */
gboolean virt_snap_export_settings_set(VirtSnapExportSettings *self, const char *name,
                                       const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_export_settings_dup_values:
 * @self: settings
 * @name: of a setting, as "intent"
 * @error: INVALID_PARAMETER if there is none of that name
 *
 * Gets a setting.
 *
 * Returns: (transfer full) (array zero-terminated=1): its value as in the document, or nothing if
 * it has none; exclude and include can have several
 */
char **virt_snap_export_settings_dup_values(const VirtSnapExportSettings *self, const char *name,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_export_settings_check_supported:
 * @self: settings
 * @error: NOT_SUPPORTED naming a setting whose feature does not exist yet
 *
 * Looks for settings that cannot be had.
 *
 * Returns: whether all of them can be had
 */
gboolean virt_snap_export_settings_check_supported(const VirtSnapExportSettings *self,
                                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapExportSettings, virt_snap_export_settings_free)

G_END_DECLS
