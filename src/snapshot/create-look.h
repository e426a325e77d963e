/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-ops.h"
#include "snapshot/create-plan.h"

G_BEGIN_DECLS

/* What stands in the way of a snapshot of a member, collected. */
typedef struct {
    GPtrArray *texts; /* char* */
    int code;         /* of the first */
} CreateProblems;

/** A member on the way into the plan. */
typedef struct {
    Hypervisor *hypervisor;
    const CreateSettings *settings;
    const char *snapshot;
    const SnapshotLook *look;
    SetMember *member;
    CreateProblems *problems;
    GPtrArray *warnings; /* char*: of the plan */
    GHashTable *taken;  /* char*: paths that the plan has already */
    GHashTable *needed; /* guint64 *: device -> bytes; keys and values owned */
} CreateLook;

/** create_problem: Notes one of @look's member. */
void create_problem(CreateLook *look, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/** create_new_file: Returns: the path of the file @name below the directory of @beside, which
 * nobody has and the plan takes, with room for @bytes; owned by the caller; NULL: a problem was
 * noted. */
char *create_new_file(CreateLook *look, const char *beside, const char *name, guint64 bytes);

G_END_DECLS
