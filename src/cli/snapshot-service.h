/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "cli/progress.h"

G_BEGIN_DECLS

/** snapshot_service_delete: Lets the service remove a snapshot set, and follows the job. Returns:
 * the exit status; errors have been told. */
int snapshot_service_delete(CliContext *cli, const char *collection, const char *snapshot,
                            gboolean metadata, ProgressMode progress)
    G_GNUC_WARN_UNUSED_RESULT;

/** snapshot_service_apply: The same for going back to one. */
int snapshot_service_apply(CliContext *cli, const char *collection, const char *snapshot,
                           gboolean discard, gboolean start, gboolean paused,
                           ProgressMode progress) G_GNUC_WARN_UNUSED_RESULT;

/** snapshot_service_create: The same for one that is made. @settings: a snapshotsettings document;
 * @type: SnapshotType of CreateSnapshot. */
int snapshot_service_create(CliContext *cli, const char *collection, const char *snapshot,
                            const char *settings, guint16 type) G_GNUC_WARN_UNUSED_RESULT;

/** reference_service_change: The same for a reference point. @method: of the service; @done: what
 * is told when it is done, translated. */
int reference_service_change(CliContext *cli, const char *method, const char *collection,
                             const char *name, const char *done) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
