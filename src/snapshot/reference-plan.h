/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* How a reference point (reference-point.h) is made or deleted: all members are looked at before
 * anything is changed. */

typedef struct {
    char *domain;
    char *uuid;           /* NULL in a plan to delete one */
    GPtrArray *tracked;   /* char*: targets of the disks whose changes will be known: qcow2 images
                           * that the domain writes to. NULL in a plan to delete one */
    GPtrArray *untracked; /* char*: those of all others */
} ReferencePlanMember;

typedef struct {
    char *checkpoint;    /* what it is called in each member */
    GPtrArray *members;  /* ReferencePlanMember: in a plan to delete one those that have it */
    GPtrArray *warnings; /* char*: disks that cannot be followed */
} ReferencePlan;

/**
 * reference_plan_create:
 * @domains: (element-type utf8): names; all have to run
 *
 * Returns: the plan to make the reference point @name of all @domains, owned by the caller.
 * ALREADY_EXISTS naming the domain that has one of that name; INVALID_STATE naming one that does
 * not run.
 */
ReferencePlan *reference_plan_create(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * reference_plan_make:
 * @warnings: (element-type utf8): what there is to say of the moment is added
 * @control: a step of its progress is counted for each member; it is asked whether to end
 * @left: (out): whether something of one that failed could not be removed, which the error names
 *
 * Makes the reference point of all members at one moment, or of none.
 */
gboolean reference_plan_make(const ReferencePlan *self, Hypervisor *hypervisor, Control *control,
                             GPtrArray *warnings, gboolean *left,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** reference_plan_delete: Returns: the plan to take the reference point @name from all @domains,
 * owned by the caller; NOT_FOUND if none has it. */
ReferencePlan *reference_plan_delete(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * reference_plan_drop:
 * @control: a step of its progress is counted for each member
 * @warnings: (element-type utf8): what libvirt could not take out of images is added
 *
 * Takes the reference point from all members.
 */
gboolean reference_plan_drop(const ReferencePlan *self, Hypervisor *hypervisor, Control *control,
                             GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** reference_plan_free: NULL is fine. */
void reference_plan_free(ReferencePlan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReferencePlan, reference_plan_free)

G_END_DECLS
