/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "snapshot/moment-still.h"

/* How long thawing is tried when there is no guard that would continue to try. */
#define THAW_US (30 * G_USEC_PER_SEC)
#define AGAIN_US (G_USEC_PER_SEC / 5)

/* --- standing still --------------------------------------------------------------------- */

/* Returns: whether the domain, which could not be paused, may be so all the same: libvirt may fail,
 * or be gone, after QEMU has stopped. Whether it is nobody knows without a connection. */
static gboolean
may_be_paused(const Hold *hold, const MomentMember *member)
{
    g_autoptr(GError) error = NULL;
    DomainState state;

    if (hold->ops->state(hold->hypervisor, member->uuid, &state, &error))
        return state == DOMAIN_STATE_PAUSED;

    return !g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

static void
pause_member(HeldMember *held, GError **error)
{
    Hold *hold = held->hold;
    MomentMember *member = held->member;

    if (!guard_hold(hold->guard, GUARD_PAUSE, member->uuid, error))
        return;
    if (!held->since)
        held->since = g_get_monotonic_time();
    held->paused = TRUE;
    if (hold->ops->suspend(hold->hypervisor, member->uuid, error)) {
        member->reached = CONSISTENCY_CRASH;
        return;
    }
    held->paused = may_be_paused(hold, member);
    if (!held->paused)
        guard_release(hold->guard, GUARD_PAUSE, member->uuid);
}

/* An agent that finds nothing to freeze says so without an error, and is not frozen then. It may
 * have called its hook, which a thaw calls again. */
static gboolean
freeze_any(const HeldMember *held, FreezeResult *result, GError **error)
{
    const Hold *hold = held->hold;

    if (!hold->ops->freeze(hold->hypervisor, held->member->uuid, hold->options.timeout, result,
                           error))
        return FALSE;
    if (result->filesystems > 0)
        return TRUE;
    result->reason = CONSISTENCY_REASON_FREEZE_FAILED;
    result->may_be_frozen = TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Cannot freeze the file systems of the domain '%s': its guest has none that can "
                  "be frozen (ZFS cannot, for example); use --pause or --best-effort"),
                held->member->domain);

    return FALSE;
}

/* Where the connection was lost meanwhile nobody knows whether the guest froze: the guard, which
 * connects again, thaws it. */
static gboolean
freeze_member(HeldMember *held, GError **error)
{
    Hold *hold = held->hold;
    MomentMember *member = held->member;
    FreezeResult result = {0};

    if (!held->agent) {
        member->reason = CONSISTENCY_REASON_NO_AGENT;
        return FALSE;
    }
    if (!guard_hold(hold->guard, GUARD_FREEZE, member->uuid, error))
        return FALSE;
    held->since = g_get_monotonic_time();
    held->frozen = TRUE;
    if (freeze_any(held, &result, error)) {
        held->filesystems = result.filesystems;
        member->reached = CONSISTENCY_APPLICATION;
        return TRUE;
    }
    member->reason = result.reason;
    held->frozen = result.may_be_frozen || !hold->hypervisor->ops->is_alive(hold->hypervisor);
    if (!held->frozen)
        guard_release(hold->guard, GUARD_FREEZE, member->uuid);

    return FALSE;
}

static void
freeze_or_pause(HeldMember *held)
{
    g_autoptr(GError) error = NULL;

    if (freeze_member(held, &error))
        return;
    if (held->hold->options.best_effort)
        pause_member(held, &held->member->error);
    else
        held->member->error = g_steal_pointer(&error);
}

void
moment_hold_still(HeldMember *held)
{
    MomentMember *member = held->member;

    switch (member->state) {
    case DOMAIN_STATE_OFF:
        member->reached = CONSISTENCY_OFFLINE;
        break;
    case DOMAIN_STATE_PAUSED:
        member->reached = CONSISTENCY_CRASH;
        if (member->asked == CONSISTENCY_APPLICATION)
            member->reason = CONSISTENCY_REASON_FREEZE_FAILED;
        break;
    case DOMAIN_STATE_RUNNING:
        if (held->hold->options.level == MOMENT_FREEZE)
            freeze_or_pause(held);
        else if (held->hold->options.level == MOMENT_PAUSE)
            pause_member(held, &member->error);
        break;
    }
}

/* --- running on ------------------------------------------------------------------------- */

gboolean
moment_is_off(const Hold *hold, const MomentMember *member)
{
    g_autoptr(GError) error = NULL;
    DomainState state;

    if (hold->ops->state(hold->hypervisor, member->uuid, &state, &error))
        return state == DOMAIN_STATE_OFF;

    return g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

static void
let_held_run(HeldMember *held)
{
    Hold *hold = held->hold;
    const MomentMember *member = held->member;

    if (!hold->ops->resume(hold->hypervisor, member->uuid, NULL) && !moment_is_off(hold, member))
        return;
    held->paused = FALSE;
    guard_release(hold->guard, GUARD_PAUSE, member->uuid);
}

/* Notes that the guest had thawed by itself: the agent for Windows answers with an error then,
 * that for Linux with fewer file systems than were frozen. */
static void
note_early(HeldMember *held, gboolean failed_before, guint thawed)
{
    MomentMember *member = held->member;

    if (member->reached != CONSISTENCY_APPLICATION ||
        (!failed_before && thawed >= held->filesystems))
        return;
    member->reached = CONSISTENCY_UNKNOWN;
    member->reason = CONSISTENCY_REASON_THAWED_EARLY;
}

static void
thaw_held(HeldMember *held)
{
    Hold *hold = held->hold;
    const MomentMember *member = held->member;
    gboolean sure = member->reached == CONSISTENCY_APPLICATION;
    gint64 until = g_get_monotonic_time() + THAW_US;
    gboolean failed = FALSE;
    guint thawed = 0;

    while (!hold->ops->thaw(hold->hypervisor, member->uuid, hold->options.timeout, &thawed, NULL)) {
        failed = TRUE;
        if (moment_is_off(hold, member))
            break;
        if (!sure || !hold->hypervisor->ops->is_alive(hold->hypervisor) ||
            g_get_monotonic_time() > until)
            return;
        g_usleep(AGAIN_US);
    }
    held->frozen = FALSE;
    guard_release(hold->guard, GUARD_FREEZE, member->uuid);
    note_early(held, failed, thawed);
}

void
moment_run_on(HeldMember *held)
{
    if (held->paused)
        let_held_run(held);
    if (held->frozen && !held->paused)
        thaw_held(held);
    if (held->since)
        held->until = g_get_monotonic_time();
}
