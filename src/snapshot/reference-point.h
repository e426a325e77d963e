/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-point.h"
#include "hypervisor/hypervisor.h"

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

/** reference_point_find: @checkpoints: (element-type HypervisorCheckpoint). Returns: (nullable):
 * the one called @name, which belongs to them. */
const HypervisorCheckpoint *reference_point_find(GPtrArray *checkpoints, const char *name);

/** reference_point_names: Returns: (element-type utf8): the names of the reference points that any
 * of @domains has, as far as the hypervisor tells; owned by the caller. */
GPtrArray *reference_point_names(Hypervisor *hypervisor, GPtrArray *domains);

/** reference_point_list: Looks for the reference points that any of @domains has, and for the
 * exports that made them, which waits for their file systems. Returns: (element-type
 * ReferencePoint): sorted by name, owned by the caller. */
GPtrArray *reference_point_list(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void reference_point_free(ReferencePoint *self);

G_END_DECLS
