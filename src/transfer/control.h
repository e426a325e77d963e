/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What the threads of one job share: its progress, its bandwidth limit, and whether it is suspended
 * or has to end. Every function may be called from any thread. */

typedef struct Control Control;

/** control_new: Returns: owned by the caller. */
Control *control_new(void);
void control_free(Control *self);

/** Makes the job end with CANCELLED. Threads that wait in control_pass() are woken at once. */
void control_cancel(Control *self);

/** Makes the job end with INTERRUPTED, so that it can be resumed later. A later control_cancel()
 * takes precedence. */
void control_interrupt(Control *self);

/** Makes the job end with the error @reason (transfer full), unless it has to end already. */
void control_fail(Control *self, GError *reason);

/** Suspends (TRUE) or resumes (FALSE) the transfers, each before its next block. */
void control_suspend(Control *self, gboolean suspend);

/** Limits the transfers to @rate bytes a second in total, 0 for no limit. A change takes effect at
 * once. */
void control_set_bandwidth(Control *self, guint64 rate);
guint64 control_get_bandwidth(Control *self);

/**
 * control_pass:
 * @bytes: size of the block that is about to be moved; 0 to wait only while suspended
 *
 * To be called before each block is moved. It waits while the job is suspended and while the
 * bandwidth is used up.
 * Returns: FALSE with the reason once the job has to end.
 */
gboolean control_pass(Control *self, gsize bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * control_pass_for:
 * @us: how long to wait at most, microseconds
 * @passed: (out): whether the block may start now
 *
 * Does the same as control_pass(), but returns after @us at the latest, for a thread that has to
 * check something else from time to time.
 */
gboolean control_pass_for(Control *self, gsize bytes, gint64 us, gboolean *passed,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** control_is_cancelled: Returns: TRUE once the job has to end, for whatever reason. */
gboolean control_is_cancelled(Control *self);

/** Sets the amount of work in bytes. */
void control_set_end(Control *self, guint64 end);

/** Counts @bytes as done. The progress never decreases and never exceeds the end that was set. */
void control_advance(Control *self, guint64 bytes);

/** Stores the progress: *@cur of *@end bytes are done. */
void control_progress(Control *self, guint64 *cur, guint64 *end);

/** Counts @bytes as done and adds them to @part, a number from 1 on; 0 if they belong to no
 * part. */
void control_advance_part(Control *self, guint part, guint64 bytes);

/**
 * control_progress_parts:
 * @parts: (element-type guint64): set to the bytes done of each part, up to the last part of which
 * any are done
 *
 * Returns: the bytes done in total at the same moment.
 */
guint64 control_progress_parts(Control *self, GArray *parts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Control, control_free)

G_END_DECLS
