/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/** State that is needed only while a plan is made. */
typedef struct {
    Plan *plan;           /* not owned */
    GHashTable *by_key;   /* key of a layer, as "copy:qcow2:/path" -> PlanLayer */
    GHashTable *names;    /* names of layer files that are taken */
    GHashTable *excluded; /* VirtSnapExclude: those of exclude and include that have matched a
                           * disk */
    GHashTable *written;  /* pairs of Layer and SnapshotDef about which a warning was given */
    GPtrArray *sets;      /* SetRecord: of snapshot collections that virtsnap made; NULL: cannot be
                           * read */
} PlanBuilder;

/** plan_builder_new: Returns: a builder of @plan, owned by the caller. */
PlanBuilder *plan_builder_new(Plan *plan);
void plan_builder_free(PlanBuilder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlanBuilder, plan_builder_free)

G_END_DECLS
