/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"
#include "transfer/control.h"
#include "transfer/source.h"

G_BEGIN_DECLS

/* The present state of the members of an export. All running members are captured at one moment:
 * QEMU holds their disks as they are then and serves them over NBD, and we pull, while the domains
 * write on. What they overwrite meanwhile grows in a directory of QEMU's, which is watched: the
 * export fails before that is full. */

typedef struct LiveExport LiveExport;

/**
 * live_export_new:
 * @plan: what is exported; a live one
 * @control: gets the reason if the export has to end
 *
 * Ends what earlier exports have left, and does all that takes its time before the moment. Nothing
 * is held yet. Returns: owned by the caller; all else must stay.
 */
LiveExport *live_export_new(Hypervisor *hypervisor, Plan *plan, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * live_export_begin:
 *
 * The moment. The plan says afterwards what was found then: the time, the members' definitions,
 * their consistency and the sizes of disks. INVALID_STATE if a member has other disks than were
 * planned.
 */
gboolean live_export_begin(LiveExport *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** live_export_open: Opens what @layer is pulled from: what the guest saw of that disk, as an image
 * or (@guest) as such. Returns: owned by the caller. */
Source *live_export_open(LiveExport *self, const PlanLayer *layer, gboolean guest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** live_export_find_dirty: Adds to @extents (element-type Extent) all of the disk of @layer, which
 * has a checkpoint since which that is known: data is what has changed. */
gboolean live_export_find_dirty(const LiveExport *self, const PlanLayer *layer, GArray *extents,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** live_export_warn: Adds a warning to the export's. @text: (transfer full). */
void live_export_warn(LiveExport *self, char *text);

/** live_export_read: Tells that all of @layer has been read; from any thread. The last one of a
 * domain lets it go. INVALID_STATE if it was not held until now. */
gboolean live_export_read(LiveExport *self, const PlanLayer *layer, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * live_export_explain:
 *
 * @error: (transfer full): why reading failed
 *
 * Returns: the same, or, if a member's state was not held any more, that; owned by the caller.
 */
GError *live_export_explain(LiveExport *self, GError *error);

/** live_export_abandon: Ends all backups of an export that has failed. @error: (transfer full):
 * why. Returns: the same, with what could not be ended before its text; owned by the caller. */
GError *live_export_abandon(LiveExport *self, GError *error);

/** live_export_warnings: Adds to @warnings (element-type utf8) what there is to say, once
 * everything is read. */
void live_export_warnings(LiveExport *self, GPtrArray *warnings);

/** live_export_free: Ends all backups and frees @self, which may be NULL. */
void live_export_free(LiveExport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveExport, live_export_free)

G_END_DECLS
