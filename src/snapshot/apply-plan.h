/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/layer-ops.h"
#include "snapshot/image-users.h"

G_BEGIN_DECLS

/* What has to be done so that the domains of a collection go back to a snapshot set. The present
 * state is kept as a set of its own. If a domain cannot go back, those that did are put back from
 * that set. */

/** How a domain goes back. */
typedef enum {
    APPLY_BY_LIBVIRT, /* virDomainRevertToSnapshot() */
    APPLY_BY_OVERLAY, /* a new overlay on the frozen layer, with which the domain is defined */
} ApplyMethod;

/** In which state the user wants the domains to go on. */
typedef enum {
    APPLY_AS_IT_WAS, /* the state of the snapshot: off, unless it has a memory state */
    APPLY_RUNNING,
    APPLY_PAUSED,
} ApplyState;

typedef struct {
    char *target;
    const Layer *base;    /* the layer that the snapshot froze, not owned */
    const Layer *present; /* the layer that it writes to now, not owned; NULL: no such disk */
    char *overlay;        /* path of the layer that it is going to write to; free */
    char *kept;           /* path of the overlay of the set that keeps the present state; free */
    gboolean made;        /* the overlay is there, and was made for this way back */
} ApplyDisk;

typedef struct {
    const DomainSurvey *domain;
    const SnapshotDef *def; /* the snapshot, not owned */
    ApplyMethod method;
    gboolean internal;
    gboolean ran;      /* when the snapshot was taken, if it has a memory state */
    GPtrArray *disks;  /* ApplyDisk: those that are part of the snapshot; none of an internal one */
    char *kept_memory; /* where the present memory is kept; NULL: it does not run */
} ApplyMember;

typedef struct {
    GPtrArray *domains; /* DomainSurvey: of the host */
    ImageUsers *users;
    char *collection;
    char *snapshot;
    char *before;    /* the name of the set that keeps the present state */
    gboolean discard; /* the set is removed when all is done */
    ApplyState state;
    GPtrArray *members;  /* ApplyMember */
    GPtrArray *warnings; /* char* */
} ApplyPlan;

/** The snapshot to which the domains go back. Nothing in it is owned. */
typedef struct {
    const char *collection;
    const char *snapshot;
    GPtrArray *names; /* char*: of the member domains */
    gboolean discard;
    ApplyState state;
} ApplySubject;

/**
 * apply_plan_make:
 *
 * Looks at every member. Returns: owned by the caller; NOT_FOUND naming the member that does not
 * have the snapshot; ALREADY_EXISTS if the set that keeps the present state is there already;
 * CORRUPT for a frozen layer that was written to since; INVALID_STATE, as for dirty bitmaps in the
 * way of an internal snapshot; NOT_SUPPORTED, IN_USE.
 */
ApplyPlan *apply_plan_make(Hypervisor *hypervisor, const ApplySubject *subject, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void apply_plan_free(ApplyPlan *self);

/** apply_method_name: Returns: what JSON calls it: "libvirt" or "overlay". */
const char *apply_method_name(ApplyMethod method);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApplyPlan, apply_plan_free)

G_END_DECLS
