/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-point.h"
#include "hypervisor/hypervisor.h"
#include "hypervisor/snapshot-def.h"

G_BEGIN_DECLS

/* Reference points: a checkpoint of each member, all of one moment and with one name, from which on
 * it is known what changes on the disks. That lies in the images (QEMU's dirty bitmaps) and with
 * libvirt; there is no record beside it that could say something else. Checkpoints of others
 * are left alone: ours are told by the beginning of their names. */

#define REFERENCE_POINT_PREFIX "virtsnap."

/** The beginning of the names of those checkpoints that exports make for themselves. */
#define REFERENCE_POINT_OF_EXPORT REFERENCE_POINT_PREFIX "export-"

/** How a member has one. */
typedef enum {
    REFERENCE_POINT_WHOLE,   /* what has changed since then is known */
    REFERENCE_POINT_UNKNOWN, /* the domain is shut off: it will be seen when it runs */
    REFERENCE_POINT_BROKEN,  /* the bitmaps are gone or were not kept up to date */
    REFERENCE_POINT_MISSING, /* there is no checkpoint */
} ReferencePointState;

typedef struct {
    char *domain;
    ReferencePointState state;
    char *reason;         /* libvirt's words for a broken one, or NULL */
    gint64 creation_time; /* seconds since the epoch; 0: missing */
} ReferencePointMember;

typedef struct {
    char *name;         /* without the prefix */
    GPtrArray *members; /* ReferencePointMember: all domains that were asked about */
    char *export;       /* path of the export of its moment; NULL: it was made by itself */
    ExportPointState found; /* whether that export is there */
} ReferencePoint;

/** reference_point_state_name: Returns: "whole", "unknown", "broken" or "missing". */
const char *reference_point_state_name(ReferencePointState state);

/** reference_point_is_whole: Returns: whether all members have it, none of them a broken one. */
gboolean reference_point_is_whole(const ReferencePoint *self);

/** reference_point_checkpoint: Returns: what the checkpoints of the reference point @name are
 * called, owned by the caller. */
char *reference_point_checkpoint(const char *name);

/** reference_point_drop: Deletes @checkpoint of @domain. Adds to @warnings (element-type utf8) if
 * libvirt could only forget it. */
gboolean reference_point_drop(Hypervisor *hypervisor, const char *domain, const char *checkpoint,
                              GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** reference_point_check_name: Returns: FALSE with INVALID_PARAMETER if libvirt takes no checkpoint
 * of that name. */
gboolean reference_point_check_name(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * reference_point_run:
 * @run: (nullable): of the domain, as HypervisorBackupOps.find_run has it
 * @index: (nullable): the hypervisor's number of the image that a disk is in
 *
 * Returns: (nullable): what tells the time in which nobody but the hypervisor could write to that
 * image from other such times, on this host since its last start; owned by the caller. It begins
 * when the domain is started or the disk attached, and a snapshot of the disk that is merged back
 * does not end it, for the image stays open. NULL: it is not known.
 */
char *reference_point_run(const char *run, const char *index);

/**
 * reference_point_disks:
 * @def: the disks of a domain that runs
 * @tracked: (out) (element-type utf8): those whose changes can be known: qcow2 images that it
 * writes to; what is in there is not owned
 * @untracked: (out) (element-type utf8): all others
 */
void reference_point_disks(const SnapshotDef *def, GPtrArray **tracked, GPtrArray **untracked);

/**
 * reference_point_create:
 * @domains: (element-type utf8): names; all have to run
 * @warnings: (element-type utf8): disks are added that cannot be followed
 * @left: (out): whether something of one that failed could not be removed, which the error names
 *
 * Makes the reference point @name of all @domains at one moment, or of none. ALREADY_EXISTS naming
 * the domain that has one of that name; INVALID_STATE naming one that does not run.
 */
gboolean reference_point_create(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                                GPtrArray *warnings, gboolean *left,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** reference_point_list: Looks for the reference points that any of @domains has, and for the
 * exports that made them, which waits for their file systems. Returns: (element-type
 * ReferencePoint): sorted by name, owned by the caller. */
GPtrArray *reference_point_list(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * reference_point_delete:
 * @warnings: (element-type utf8): what libvirt could not take out of images is added
 *
 * Takes the reference point @name from all @domains. NOT_FOUND if none has it.
 */
gboolean reference_point_delete(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                                GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void reference_point_free(ReferencePoint *self);

G_END_DECLS
