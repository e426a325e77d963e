/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/consistency.h"
#include "util/error.h"

G_BEGIN_DECLS

/* The persistent record of a snapshot collection that virtsnap has created: a <snapshotset>
 * document (schema: xml-schemas/snapshotset.rng). Snapshot collections created by other means have
 * no record and do not need one. */

/** The schema of records. */
#define SET_RECORD_SCHEMA "snapshotset.rng"

/** Maximal size of a record in bytes. */
#define SET_RECORD_BYTES_MAX (16 * 1024 * 1024)

/** The images of a disk before and after the snapshot. */
typedef struct {
    char *target; /* "vda" */
    char *source; /* absolute path of the image that is frozen now */
    char *format; /* format of source: "qcow2", "raw" */
    char *overlay; /* absolute path of the new overlay */
    char *next;    /* of a set that keeps what was before a way back: the path to which the domain
                    * writes after it; NULL: the hypervisor chooses one */
    gboolean followed; /* a checkpoint of the same moment follows what changes on it */
    guint64 device;    /* followed: the file that source is, */
    guint64 inode;
    char *written;     /* when that was written to last, as an origin has it, */
    char *run;         /* and reference_point_run() of it; NULL: not known, or not yet */
    gint64 point_time; /* when the hypervisor made the checkpoint, in seconds since the epoch; 0:
                        * not known, or not yet */
} SetDisk;

/** A member, and its snapshot. */
typedef struct {
    char *domain; /* name of the domain at that time */
    char *uuid;
    char *state;  /* state of the domain: "running", "paused" or "shutoff" */
    char *after;  /* the state that it has after a way back; NULL: there is none */
    char *kind;   /* "external" or "internal" */
    Consistency asked;
    Consistency consistency; /* the consistency that was reached */
    ConsistencyReason reason;
    guint frozen_ms;
    gint64 creation_time; /* of its snapshot, seconds since the epoch; 0: the snapshot is not known
                           * to exist */
    char *memory;     /* file with the memory state; NULL: none, or inside the image */
    GPtrArray *disks; /* SetDisk: disks of an external snapshot */
} SetMember;

typedef struct {
    char *id; /* a UUID, which names the record's file */
    gboolean complete; /* FALSE: it is being created, or its creation was interrupted by a kill */
    char *collection; /* NULL: an unnamed one */
    char *snapshot;   /* the common name of the snapshots */
    char *back_to;    /* the set keeps what was before the domains went back to this snapshot; NULL:
                       * it is not such a set */
    char *program;    /* the program that created it: "virtsnap", "virtsnapd", … */
    char *version;
    char *user;       /* the user for whom it was created */
    gint64 created;   /* seconds since the epoch */
    guint window_ms;  /* milliseconds from the time before the first member was held still until the
                       * last one was resumed */
    gboolean best_effort;
    gboolean temporary; /* made for one export, which removes it; not the user's */
    char *point;        /* id of the checkpoints that were made with it; NULL: there are none */
    gboolean converting; /* it is on its way to be the reference point alone */
    GPtrArray *members; /* SetMember */
} SetRecord;

/** set_record_new: @collection: (nullable). Returns: an incomplete record without members, with a
 * new id and the present time, program and user; owned by the caller. */
SetRecord *set_record_new(const char *collection, const char *snapshot);

/** set_record_mark: Returns: the <description> of the snapshots that are made for @self, owned by
 * the caller. It tells them from those of the same name that somebody else has made meanwhile. */
char *set_record_mark(const SetRecord *self);

/** set_record_add: Adds a member. Returns: (transfer none): the member, without disks. */
SetMember *set_record_add(SetRecord *self, const char *domain, const char *uuid);

/** set_member_add_disk: Adds a disk of an external snapshot. Returns: (transfer none): the disk. */
SetDisk *set_member_add_disk(SetMember *self, const char *target, const char *source,
                             const char *format, const char *overlay);

/** set_record_format: Returns: @self as a document, owned by the caller. */
char *set_record_format(const SetRecord *self);

/** set_record_parse: Returns: the record in @text, owned by the caller; NULL with CORRUPT if @text
 * is not a valid record. */
SetRecord *set_record_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** set_record_member: Returns: (transfer none) (nullable): its member with @uuid. */
const SetMember *set_record_member(const SetRecord *self, const char *uuid);

/** set_member_disk: Returns: (transfer none) (nullable): its disk @target. */
const SetDisk *set_member_disk(const SetMember *self, const char *target);

/** set_record_concerns: Returns: whether one of its members had one of the names @domains
 * (element-type utf8). */
gboolean set_record_concerns(const SetRecord *self, GPtrArray *domains);

/** set_record_free: Frees @self, which may be NULL. */
void set_record_free(SetRecord *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SetRecord, set_record_free)

G_END_DECLS
