/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/members.h"
#include "collection/set-record.h"
#include "snapshot/delete-members.h"
#include "snapshot/image-users.h"

G_BEGIN_DECLS

/* What has to be done to remove a snapshot set. A snapshot froze a layer, and writing went on in
 * another above it; to remove it, what is above is merged into what was frozen, which is the past
 * of nothing then. All of it follows from what libvirt and the images say now, so that a removal
 * that was interrupted anywhere is found half done, and ended. */

/** How a disk is handled. */
typedef enum {
    DELETE_NOTHING, /* nobody writes above the frozen layer, or it never was part of the snapshot */
    DELETE_MERGED,  /* merged already, but XML or headers still name the upper layer */
    DELETE_ACTIVE,  /* a running domain, which writes to the upper layer, is switched */
    DELETE_MIDDLE,  /* both layers are in the chain of a running domain */
    DELETE_OFFLINE, /* the layers are in no chain of a running domain */
} DeleteMethod;

typedef struct {
    char *target;
    DeleteMethod method;
    const Layer *base;    /* the frozen layer, not owned; NULL: nothing to do */
    const Layer *top;     /* the layer that is merged into it, not owned; NULL: none */
    const Layer *overlay; /* the overlay that the snapshot made, not owned; NULL: gone */
    gboolean adopt; /* the block job runs already */
    gboolean keep;  /* the upper layer stays a file: whether all is in the lower one is not known */
    guint64 bytes;  /* bytes to be merged at most */
} DeleteDisk;

/** How the snapshot of one domain is removed. */
typedef struct {
    const DomainSurvey *domain;
    gboolean internal;  /* libvirt deletes it, and its states in the images */
    GPtrArray *disks;   /* DeleteDisk: none of an internal one */
    char *memory;       /* its memory state, which goes with it; or NULL */
} DeleteMember;

typedef struct {
    GPtrArray *domains; /* DomainSurvey: of the host */
    ImageUsers *users;
    char *collection;
    char *snapshot;
    gboolean metadata;  /* only what libvirt knows of the snapshots is removed */
    const SetRecord *with_point; /* the set's record, whose checkpoints go, too; not owned; NULL:
                                  * none go */
    GPtrArray *members; /* DeleteMember: of those that have the snapshot */
    GPtrArray *gone;    /* DomainSurvey: of all members that are there; not owned */
    GPtrArray *warnings; /* char* */
    guint64 bytes;      /* bytes to be merged at most */
} DeletePlan;

/**
 * delete_plan_make:
 *
 * Looks at every domain of the host. Returns: owned by the caller; NOT_FOUND if no member has the
 * snapshot; IN_USE naming all who need a layer that would change; NOT_SUPPORTED for a disk that
 * cannot be handled.
 */
DeletePlan *delete_plan_make(Hypervisor *hypervisor, const DeleteSubject *subject, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void delete_plan_free(DeletePlan *self);

/**
 * delete_plan_check_disk:
 *
 * Looks at every domain of the host once more, for a merge may begin hours after it was planned.
 * Returns: TRUE if @disk would be merged in the same way now; FALSE with IN_USE naming all who need
 * a layer that would change by now; INVALID_STATE if anything else is not as it was.
 */
gboolean delete_plan_check_disk(Hypervisor *hypervisor, const DeletePlan *self,
                                const DeleteMember *member, const DeleteDisk *disk,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** delete_method_name: Returns: what JSON calls it: "active-commit". */
const char *delete_method_name(DeleteMethod method);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeletePlan, delete_plan_free)

G_END_DECLS
