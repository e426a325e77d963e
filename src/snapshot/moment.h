/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/* Holds several domains still at one moment, calls a function for each of them in parallel, and
 * releases all of them in any case, even when this process is killed (guard.h). The function takes
 * a snapshot or begins a backup, for example. */

/** How running domains are held still. */
typedef enum {
    MOMENT_NONE,   /* not at all */
    MOMENT_FREEZE, /* their file systems are frozen by the guest agent */
    MOMENT_PAUSE,  /* their processors are stopped */
} MomentLevel;

/** Default of the seconds within which a guest agent has to answer. A Windows guest thaws by itself
 * after 10. */
#define MOMENT_TIMEOUT_DEFAULT 10
#define MOMENT_TIMEOUT_MAX 3600

typedef struct {
    MomentLevel level;
    guint timeout;        /* seconds, of each agent; 0: MOMENT_TIMEOUT_DEFAULT */
    gboolean best_effort; /* a member that cannot be frozen is paused instead, and one that thawed
                           * early is accepted; otherwise either is a failure of the whole */
} MomentOptions;

/** One domain and its result. */
typedef struct {
    char *domain; /* name, for messages */
    char *uuid;
    gpointer data; /* the caller's own */

    DomainState state;   /* its state at the beginning */
    Consistency asked;   /* the requested consistency, which follows from the level and the state */
    Consistency reached; /* the reached consistency; UNKNOWN unless the whole succeeded */
    ConsistencyReason reason;
    guint frozen_ms; /* milliseconds from before it was frozen or paused until it was released */
    gboolean done;   /* the caller's function has returned TRUE */
    GError *error;   /* its first error, or NULL */
} MomentMember;

typedef struct {
    GPtrArray *members;  /* MomentMember */
    GPtrArray *warnings; /* char*: of guests that could not be thawed or resumed */
    gint64 began;        /* µs since the epoch, before the first domain was held still */
    guint window_ms;     /* milliseconds from then until the last domain was released */
} Moment;

/** moment_func: Called for @member in a thread of its own while all domains are held still. FALSE
 * is a failure of the whole. It must return soon, because the guests are waiting. */
typedef gboolean (*MomentFunc)(Hypervisor *hypervisor, MomentMember *member, gpointer data,
                               GError **error);

Moment *moment_new(void);
void moment_free(Moment *self);

/** moment_add: Adds a domain. Returns: (transfer none): its member. */
MomentMember *moment_add(Moment *self, const char *domain, const char *uuid, gpointer data);

/**
 * moment_hold:
 * @func: called once for each member, in parallel, if all are held still as requested; also for
 * members that are shut off
 *
 * Holds all members still, calls @func for each, and releases each as soon as its own @func has
 * returned, which does not affect the state that the others capture. It may be called once. It
 * takes the timeout and the time of @func, and a minute more if a guest cannot be thawed.
 *
 * Returns: FALSE with the first error if a member could not be held still (INVALID_STATE, TIMEOUT),
 * if @func failed for one, or if one did not stand still to the end: then each member tells by
 * @done whether there is something to be undone.
 */
gboolean moment_hold(Moment *self, Hypervisor *hypervisor, const MomentOptions *options,
                     MomentFunc func, gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Moment, moment_free)

G_END_DECLS
