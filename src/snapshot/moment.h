/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/* Several domains at one moment. All of them stand still, something is done with each of them, side
 * by side, and all go on, whatever happens: also when this process is killed (guard.h). What is
 * done, a snapshot or the begin of a backup, is up to the caller. */

/** How domains that run are held still. */
typedef enum {
    MOMENT_NONE,   /* not at all */
    MOMENT_FREEZE, /* their file systems are frozen by the guest agent */
    MOMENT_PAUSE,  /* their processors are stopped */
} MomentLevel;

/** Seconds that a guest agent has to answer, unless told otherwise: a Windows guest thaws by itself
 * after 10. */
#define MOMENT_TIMEOUT_DEFAULT 10
#define MOMENT_TIMEOUT_MAX 3600

typedef struct {
    MomentLevel level;
    guint timeout;        /* seconds, of each agent; 0: MOMENT_TIMEOUT_DEFAULT */
    gboolean best_effort; /* a member that cannot be frozen is paused instead, and one that thawed
                           * early is taken as it is; otherwise that fails the whole */
} MomentOptions;

/** One domain, and what came of it. */
typedef struct {
    char *domain; /* name, for messages */
    char *uuid;
    gpointer data; /* the caller's own */

    DomainState state;   /* when it began */
    Consistency asked;   /* what follows from the level and the state */
    Consistency reached; /* UNKNOWN unless the whole went well */
    ConsistencyReason reason;
    guint frozen_ms; /* that it stood still: from before it was told to until it ran on */
    gboolean done;   /* the caller's function has said TRUE */
    GError *error;   /* what went wrong with it; NULL: nothing */
} MomentMember;

typedef struct {
    GPtrArray *members;  /* MomentMember */
    GPtrArray *warnings; /* char*: of guests that could not be thawed or resumed */
    gint64 began;        /* µs since the epoch, before the first was told to stand still */
    guint window_ms;     /* from then until the last ran on */
} Moment;

/** moment_func: What is done with @member while all stand still, in a thread of its own. FALSE
 * fails the whole. Must be quick: guests wait. */
typedef gboolean (*MomentFunc)(Hypervisor *hypervisor, MomentMember *member, gpointer data,
                               GError **error);

Moment *moment_new(void);
void moment_free(Moment *self);

/** moment_add: Adds a domain. Returns: (transfer none): it. */
MomentMember *moment_add(Moment *self, const char *domain, const char *uuid, gpointer data);

/**
 * moment_hold:
 * @func: called once for each member, at the same time, if all stand still as far as that is asked
 * for; members that are shut off join in
 *
 * Holds them all still, calls @func, and lets each go on as soon as its own @func is done: what the
 * others hold is of before that. Once. Takes the timeout and what @func takes; a guest that cannot
 * be thawed a minute more.
 *
 * Returns: FALSE with the first error if a member could not be held still (INVALID_STATE, TIMEOUT),
 * if @func failed for one, or if one did not stand still to the end: then each member tells by
 * @done whether there is something to be undone.
 */
gboolean moment_hold(Moment *self, Hypervisor *hypervisor, const MomentOptions *options,
                     MomentFunc func, gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Moment, moment_free)

G_END_DECLS
