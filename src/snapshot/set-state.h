/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-store.h"
#include "hypervisor/hypervisor.h"
#include "hypervisor/snapshot-def.h"

G_BEGIN_DECLS

/* What there is of a snapshot collection now, beside what its record says, if it has one. Whether
 * its images still hold what they held, a plan of its export tells (Plan.changed). */

typedef struct {
    char *domain;
    SnapshotDef *def;        /* NULL: it has no snapshot of that name, or is not there */
    const SetMember *record; /* NULL: none */
} SetStateMember;

typedef struct {
    GPtrArray *records;      /* SetRecord: all that there are */
    const SetRecord *record; /* of this one; NULL: it is adopted */
    gboolean unfinished;     /* it is being made, or whoever made it was killed: the next command
                              * that changes sets of these domains takes back what there is */
    GPtrArray *members;      /* SetStateMember: those of the collection, then those that only the
                              * record has */
    guint missing;           /* how many have no snapshot */
} SetState;

/**
 * set_state_new:
 * @collection: (nullable): its name
 * @domains: (element-type utf8): its members now
 *
 * Returns: owned by the caller; NOT_FOUND if no member has the snapshot, and no record either.
 */
SetState *set_state_new(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
                        const char *snapshot, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * set_state_list:
 * @collection: (nullable): its name
 *
 * Returns: (element-type utf8): the names of the snapshot collections of @collection: those that
 * every member has, parents before children, then those that only records know, as members lack
 * them or as their making was interrupted; owned by the caller.
 */
GPtrArray *set_state_list(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** set_state_is_partial: Returns: whether a member lacks its snapshot, or may have lacked it when
 * the making of the set was interrupted. */
gboolean set_state_is_partial(const SetState *self);

void set_state_free(SetState *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SetState, set_state_free)

G_END_DECLS
