/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/** What is known while a plan is made, and not any more after that. */
typedef struct {
    Plan *plan;           /* not owned */
    GHashTable *by_key;   /* which layer: "copy:qcow2:/path" -> PlanLayer */
    GHashTable *names;    /* layer file names taken */
    GHashTable *excluded; /* VirtSnapExclude of exclude or include that matched */
    GHashTable *written;  /* Layer and SnapshotDef that were warned of */
    GPtrArray *sets;      /* SetRecord: of snapshot collections that virtsnap made; NULL: cannot be
                           * read */
} PlanBuilder;

/** plan_builder_new: Returns: for @plan, owned by the caller. */
PlanBuilder *plan_builder_new(Plan *plan);
void plan_builder_free(PlanBuilder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlanBuilder, plan_builder_free)

G_END_DECLS
