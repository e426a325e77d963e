/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "cli/progress.h"
#include "cli/service.h"

G_BEGIN_DECLS

/* Changes of snapshot sets and reference points through the service. @plan: (nullable): tells what
 * would be done, and then nothing is. */

/** snapshot_service_delete: Removes a snapshot set through the service, and follows the job.
 * Returns: the exit status; errors have been printed. */
int snapshot_service_delete(CliContext *cli, const char *collection, const char *snapshot,
                            gboolean metadata, ProgressMode progress, PlanTell plan)
    G_GNUC_WARN_UNUSED_RESULT;

/** snapshot_service_apply: Reverts to a snapshot set in the same way. */
int snapshot_service_apply(CliContext *cli, const char *collection, const char *snapshot,
                           gboolean discard, gboolean start, gboolean paused,
                           ProgressMode progress, PlanTell plan) G_GNUC_WARN_UNUSED_RESULT;

/** snapshot_service_create: Creates a snapshot set in the same way. @settings: a snapshotsettings
 * document; @type: SnapshotType of CreateSnapshot. */
int snapshot_service_create(CliContext *cli, const char *collection, const char *snapshot,
                            const char *settings, guint16 type,
                            ProgressMode progress, PlanTell plan) G_GNUC_WARN_UNUSED_RESULT;

/** reference_service_convert: Converts a snapshot set to a reference point in the same way. */
int reference_service_convert(CliContext *cli, const char *collection, const char *snapshot,
                              ProgressMode progress, PlanTell plan) G_GNUC_WARN_UNUSED_RESULT;

/** reference_service_change: Creates or removes a reference point in the same way. @method: the
 * method of the service, of which there is one that begins with Plan, too; @done: the message that
 * is printed at the end, translated. */
int reference_service_change(CliContext *cli, const char *method, const char *collection,
                             const char *name, const char *done,
                             ProgressMode progress, PlanTell plan) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
