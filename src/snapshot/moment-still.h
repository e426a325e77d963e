/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/guard.h"
#include "snapshot/moment.h"

G_BEGIN_DECLS

/* One member that is held still, and what it is part of. */

/* A member while it is held. */
typedef struct {
    struct Hold *hold;
    MomentMember *member;
    GThread *thread;
    GThread *waiting;  /* who counts as late */
    gboolean agent;    /* it has a guest agent */
    gboolean frozen;   /* it is frozen, or may be */
    gboolean paused;   /* it was paused by us */
    guint filesystems; /* that were frozen */
    gint64 since;      /* µs, of the monotonic clock; 0: it was not held */
    gint64 until;
    gboolean arrived; /* guarded by the hold's lock: stands still, or never will */
    gboolean late;    /* it stood still only after the timeout */
} HeldMember;

typedef struct Hold {
    Moment *moment;
    Hypervisor *hypervisor;
    const HypervisorSnapshotOps *ops;
    MomentOptions options;
    MomentFunc func;
    gpointer data;
    Guard *guard; /* NULL: nobody is held still */
    HeldMember *held;
    guint n;
    GMutex lock;
    GCond changed;
} Hold;

/** moment_is_off: Returns: whether the domain is shut off, or gone. */
gboolean moment_is_off(const Hold *hold, const MomentMember *member);

/** moment_hold_still: Has one member stand still, as far as that is asked for; what is in its way
 * goes into its error. */
void moment_hold_still(HeldMember *held);

/** moment_run_on: Lets one member run on. What could not be done is left in @held's frozen and
 * paused. */
void moment_run_on(HeldMember *held);

G_END_DECLS
