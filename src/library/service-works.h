/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-work.h"
#include "settings/settings-api.h"

G_BEGIN_DECLS

/* The works of whose parameters a program is told at once what is wrong. */

/** service_export_work: Looks up the members of the collection, and waits while others change
 * collections. Returns: an ExportWork, owned by the caller; NULL with the error that
 * virt_snap_service_export() has. */
JobWork *service_export_work(const char *collection, const char *snapshot, const char *directory,
                             const VirtSnapExportSettings *settings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** service_import_work: Reads the schema of the settings, and nothing of the export. Returns: an
 * ImportWork, owned by the caller; NULL with the error that virt_snap_service_import() has. */
JobWork *service_import_work(const char *path, const char *directory, const char *settings,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** service_create_work: Reads the schema of the settings. Returns: a CreateWork whose run looks up
 * the members of the collection, owned by the caller; NULL with INVALID_PARAMETER. */
JobWork *service_create_work(const char *collection, const char *snapshot, const char *settings,
                             guint type, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** service_apply_work: Returns: an ApplyWork, owned by the caller; NULL with INVALID_PARAMETER for
 * @start and @paused. */
JobWork *service_apply_work(const char *collection, const char *snapshot, gboolean discard,
                            gboolean start, gboolean paused,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** service_reference_work: Returns: a ReferenceWork of @type, owned by the caller; NULL with
 * INVALID_PARAMETER. */
JobWork *service_reference_work(const JobWorkType *type, const char *collection, const char *name,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
