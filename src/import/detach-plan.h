/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/image-users.h"

G_BEGIN_DECLS

/* What has to be done so that a domain needs no image of an export any more. The plan follows from
 * the present state of libvirt and the images only, so that an interrupted run is continued by the
 * next one. */

typedef enum {
    DETACH_PULL,    /* a block job of the running domain */
    DETACH_FLATTEN, /* qemu-img, because no running domain has the disk */
    DETACH_MEND,    /* only the domain's definition still names an image of an export */
} DetachMethod;

typedef struct {
    char *target;     /* "vda" */
    char *path;       /* absolute path of the image that the domain writes to */
    DetachMethod method;
    const Layer *top; /* that image with its backing chain; not owned */
    gboolean adopt;   /* the block job runs already */
    guint64 bytes;    /* bytes to be copied at most */
} DetachDisk;

typedef struct {
    GPtrArray *domains; /* DomainSurvey: of the host */
    ImageUsers *users;
    const DomainSurvey *domain; /* the domain itself, an element of @domains */
    GPtrArray *disks;   /* DetachDisk; empty: the domain needs no export */
    guint64 bytes;
} DetachPlan;

/**
 * detach_plan_make:
 * @word: name, UUID or id of a domain
 *
 * Changes nothing. Returns: owned by the caller; NOT_FOUND, IN_USE for another block job of one of
 * the disks, NO_SPACE, INVALID_STATE for snapshots or a saved state that need the export, or a disk
 * that the domain has in the export itself.
 */
DetachPlan *detach_plan_make(Hypervisor *hypervisor, const char *word, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** detach_plan_mend: Returns: the persistent definition of the domain without what @plan says that
 * it need not name, owned by the caller; NULL if there is nothing to change. */
char *detach_plan_mend(const DetachPlan *plan, GError **error);

/** detach_method_name: Returns: what is sent for it: "pull", "flatten" or "mend". */
const char *detach_method_name(DetachMethod method);

/** detach_plan_free: NULL is fine. */
void detach_plan_free(DetachPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DetachPlan, detach_plan_free)

G_END_DECLS
