/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/consistency.h"
#include "util/error.h"

G_BEGIN_DECLS

/* What is kept of a snapshot collection that virtsnap made: <snapshotset>, whose schema is
 * xml-schemas/snapshotset.rng. One that was made otherwise has no record, and is no worse for
 * it. */

/** A larger text is not read. */
#define SET_RECORD_BYTES_MAX (16 * 1024 * 1024)

/** Where a disk of a member wrote to before, and where after. */
typedef struct {
    char *target; /* "vda" */
    char *source; /* absolute path: what is frozen now */
    char *format; /* of that: "qcow2", "raw" */
    char *overlay; /* absolute path: what was made */
} SetDisk;

/** A member, and its snapshot. */
typedef struct {
    char *domain; /* name, as it was then */
    char *uuid;
    char *state;  /* what the domain was doing: "running", "paused" or "shutoff" */
    char *kind;   /* "external" or "internal" */
    Consistency asked;
    Consistency consistency; /* that was reached */
    ConsistencyReason reason;
    guint frozen_ms;
    gint64 creation_time; /* of its snapshot, seconds since the epoch; 0: it is not known to be
                           * there */
    char *memory;     /* file with the memory state; NULL: none, or inside the image */
    GPtrArray *disks; /* SetDisk: of an external one */
} SetMember;

typedef struct {
    char *id; /* a UUID: what the record's file is called */
    gboolean complete; /* FALSE: it is being made, or whoever made it was killed */
    char *collection; /* NULL: an unnamed one */
    char *snapshot;   /* the name that all have in common */
    char *program;    /* what made it: "virtsnap", "virtsnapd", … */
    char *version;
    char *user;       /* for whom */
    gint64 created;   /* seconds since the epoch */
    guint window_ms;  /* from before the first member stood still until the last ran on */
    gboolean best_effort;
    GPtrArray *members; /* SetMember */
} SetRecord;

/** set_record_new: @collection: (nullable). Returns: one without members, with an id of its
 * own, not complete, made now by this program and user; owned by the caller. */
SetRecord *set_record_new(const char *collection, const char *snapshot);

/** set_record_add: Adds a member. Returns: (transfer none): it, with no disks. */
SetMember *set_record_add(SetRecord *self, const char *domain, const char *uuid);

/** set_member_add_disk: Adds a disk of an external snapshot. */
void set_member_add_disk(SetMember *self, const char *target, const char *source,
                         const char *format, const char *overlay);

/** set_record_format: Returns: @self as a document, owned by the caller. */
char *set_record_format(const SetRecord *self);

/** set_record_parse: Returns: the record in @text, owned by the caller; CORRUPT if it is none. */
SetRecord *set_record_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** set_record_member: Returns: (transfer none) (nullable): its member with @uuid. */
const SetMember *set_record_member(const SetRecord *self, const char *uuid);

/** set_record_free: NULL is fine. */
void set_record_free(SetRecord *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SetRecord, set_record_free)

G_END_DECLS
