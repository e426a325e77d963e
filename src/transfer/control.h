/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What the threads of one job share: how far it is, how fast it may go, and whether it is to
 * wait or to end. Every function may be called from any thread. */

typedef struct Control Control;

/** control_new: Returns: owned by the caller. */
Control *control_new(void);
void control_free(Control *self);

/** Asks everything to end, CANCELLED; whoever waits wakes at once. */
void control_cancel(Control *self);

/** Asks everything to end so that it can be gone on with, INTERRUPTED. Cancelling comes on top. */
void control_interrupt(Control *self);

/** Asks everything to end with @reason (transfer full), if it is not to end already. */
void control_fail(Control *self, GError *reason);

/** Stops (TRUE) or lets go on (FALSE) the transfers, each at its next block. */
void control_suspend(Control *self, gboolean suspend);

/** Limits the transfers to @rate bytes a second, all together; 0 is no limit. Works at once. */
void control_set_bandwidth(Control *self, guint64 rate);
guint64 control_get_bandwidth(Control *self);

/**
 * control_pass:
 * @bytes: how much is about to be moved, 0 for nothing
 *
 * To be called before each block: waits while suspended or while the bandwidth is used up.
 * Returns: FALSE with the reason once the job is to end.
 */
gboolean control_pass(Control *self, gsize bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * control_pass_for:
 * @us: how long to wait at most, microseconds
 * @passed: (out): whether the block may start now
 *
 * The same for one who has something else to look after in between.
 */
gboolean control_pass_for(Control *self, gsize bytes, gint64 us, gboolean *passed,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** control_is_cancelled: Returns: TRUE once the job is to end. */
gboolean control_is_cancelled(Control *self);

/** Sets what there is to do, in bytes. */
void control_set_end(Control *self, guint64 end);

/** Counts @bytes as done; progress stops at the end that was set and never falls. */
void control_advance(Control *self, guint64 bytes);

/** How far it is: *@cur of *@end bytes. */
void control_progress(Control *self, guint64 *cur, guint64 *end);

/** Counts @bytes as done for @part, a number from 1; 0 is for what belongs to none. */
void control_advance_part(Control *self, guint part, guint64 bytes);

/**
 * control_progress_parts:
 * @parts: (element-type guint64): set to what is done of each part, as far as any is
 *
 * Returns: what is done of all, at the same moment.
 */
guint64 control_progress_parts(Control *self, GArray *parts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Control, control_free)

G_END_DECLS
