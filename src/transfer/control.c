/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "transfer/control.h"

/* Unused bandwidth is accumulated for at most this long, so that no burst follows a pause. */
#define BURST_US (G_USEC_PER_SEC / 20)

/* Wake-up interval of control_pass(), which has nothing else to check. */
#define WAIT_US (3600 * G_GINT64_CONSTANT(1000000))

struct Control {
    GMutex lock; /* guards all below */
    GCond changed;
    GError *ending; /* why the job has to end; NULL: it does not */
    gboolean suspended;
    guint64 bandwidth; /* bytes a second, 0: no limit */
    gint64 next;       /* monotonic us from which the next block may start */
    guint64 cur;
    guint64 end;
    GArray *parts; /* guint64: bytes of cur that belong to each part */
};

Control *
control_new(void)
{
    Control *self = g_new0(Control, 1);

    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->parts = g_array_new(FALSE, TRUE, sizeof(guint64));

    return self;
}

void
control_free(Control *self)
{
    if (!self)
        return;
    g_array_unref(self->parts);
    g_clear_error(&self->ending);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* Makes the job end with @reason (transfer full). The first reason is kept, but a cancellation
 * replaces any other, because a cancelled job must not be resumed. */
static void
control_end_with(Control *self, GError *reason)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (self->ending &&
        !g_error_matches(reason, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED)) {
        g_error_free(reason);
    } else {
        g_clear_error(&self->ending);
        self->ending = reason;
    }
    g_cond_broadcast(&self->changed);
}

void
control_cancel(Control *self)
{
    control_end_with(self, g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED,
                                               _("The work was cancelled")));
}

void
control_interrupt(Control *self)
{
    control_end_with(self, g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INTERRUPTED,
                                               _("The work was interrupted")));
}

void
control_fail(Control *self, GError *reason)
{
    control_end_with(self, reason);
}

void
control_suspend(Control *self, gboolean suspend)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->suspended = suspend;
    g_cond_broadcast(&self->changed);
}

void
control_set_bandwidth(Control *self, guint64 rate)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    gint64 now = g_get_monotonic_time();
    double owed = self->next > now ? (double)(self->next - now) * (double)self->bandwidth : 0;

    /* Bytes that were moved ahead of time are still paid for, at the new rate. So a change takes
     * effect at once, and repeated changes cannot be used to evade the limit. */
    self->next = rate > 0 ? now + (gint64)(owed / (double)rate) : 0;
    self->bandwidth = rate;
    g_cond_broadcast(&self->changed);
}

guint64
control_get_bandwidth(Control *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->bandwidth;
}

/* Called with the lock held. TRUE if the block may start now; then its bandwidth is booked. */
static gboolean
take_turn(Control *self, gsize bytes, gint64 now)
{
    if (self->bandwidth == 0 || bytes == 0)
        return TRUE;
    if (self->next > now)
        return FALSE;
    self->next = MAX(self->next, now - BURST_US);
    self->next += (gint64)((double)bytes * G_USEC_PER_SEC / (double)self->bandwidth);

    return TRUE;
}

gboolean
control_pass_for(Control *self, gsize bytes, gint64 us, gboolean *passed, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    gint64 until = g_get_monotonic_time() + us;

    *passed = FALSE;
    while (!self->ending) {
        gint64 now = g_get_monotonic_time();

        *passed = !self->suspended && take_turn(self, bytes, now);
        if (*passed || now >= until)
            return TRUE;
        g_cond_wait_until(&self->changed, &self->lock,
                          self->suspended ? until : MIN(self->next, until));
    }
    g_propagate_error(error, g_error_copy(self->ending));

    return FALSE;
}

gboolean
control_pass(Control *self, gsize bytes, GError **error)
{
    gboolean passed = FALSE;

    while (!passed) {
        if (!control_pass_for(self, bytes, WAIT_US, &passed, error))
            return FALSE;
    }

    return TRUE;
}

gboolean
control_is_cancelled(Control *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->ending != NULL;
}

void
control_set_end(Control *self, guint64 end)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->end = end;
}

void
control_advance(Control *self, guint64 bytes)
{
    control_advance_part(self, 0, bytes);
}

void
control_advance_part(Control *self, guint part, guint64 bytes)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->cur += MIN(bytes, self->end - MIN(self->cur, self->end));
    if (part >= self->parts->len)
        g_array_set_size(self->parts, part + 1);
    g_array_index(self->parts, guint64, part) += bytes;
}

guint64
control_progress_parts(Control *self, GArray *parts)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_array_set_size(parts, 0);
    g_array_append_vals(parts, self->parts->data, self->parts->len);

    return self->cur;
}

void
control_progress(Control *self, guint64 *cur, guint64 *end)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    *cur = self->cur;
    *end = self->end;
}
