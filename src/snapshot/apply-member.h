/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "snapshot/apply-plan.h"

G_BEGIN_DECLS

/* The steps of one domain that goes back to a snapshot. */

/** What all of them need. */
typedef struct {
    Hypervisor *hypervisor;
    const ApplyPlan *plan;
    const SetRecord *record; /* of the set that keeps the present state */
    GPtrArray *warnings;     /* char*: gets what is left, and why */
} ApplyContext;

/** apply_member_after: Returns: the state that the domain has afterwards: "running", "paused" or
 * "shutoff". */
const char *apply_member_after(const ApplyPlan *plan, const ApplyMember *member);

/** apply_member_hold: Pauses a domain that runs, so that nothing comes after its present state is
 * kept. Returns: FALSE, without a change, with ALREADY_EXISTS if somebody else has made a file
 * meanwhile where that state is to be kept. */
gboolean apply_member_hold(const ApplyContext *self, const ApplyMember *member,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** apply_member_keep: Takes the snapshot that keeps the present state, with the memory of a domain
 * that is active. It has the mark of the record. */
gboolean apply_member_keep(const ApplyContext *self, const ApplyMember *member,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** apply_member_make: Makes the new layers on what the snapshot froze. */
gboolean apply_member_make(const ApplyMember *member, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** apply_member_switch: Has the domain go back; one that is to run is paused. */
gboolean apply_member_switch(const ApplyContext *self, const ApplyMember *member,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** apply_member_start: Lets it run, if it is to. */
gboolean apply_member_start(const ApplyContext *self, const ApplyMember *member,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** How far a domain has come. */
typedef enum {
    APPLY_STEP_NONE,
    APPLY_STEP_HELD,
    APPLY_STEP_KEPT,
    APPLY_STEP_MADE,
    APPLY_STEP_SWITCHED,
} ApplyStep;

/** apply_member_put_back: @step: that was begun last. Has the domain be as it was before, memory
 * included, and removes what was made for it and nobody needs; a snapshot without the mark of the
 * record is left alone. Returns: FALSE if it could not; then all of it is left. */
gboolean apply_member_put_back(const ApplyContext *self, const ApplyMember *member, ApplyStep step,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
