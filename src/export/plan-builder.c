/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "collection/set-store.h"
#include "export/plan-builder.h"

PlanBuilder *
plan_builder_new(Plan *plan)
{
    PlanBuilder *self = g_new0(PlanBuilder, 1);

    self->plan = plan;
    self->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->excluded = g_hash_table_new(NULL, NULL);
    self->written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->sets = set_store_load(NULL);

    return self;
}

void
plan_builder_free(PlanBuilder *self)
{
    g_hash_table_unref(self->by_key);
    g_hash_table_unref(self->names);
    g_hash_table_unref(self->excluded);
    g_hash_table_unref(self->written);
    g_clear_pointer(&self->sets, g_ptr_array_unref);
    g_free(self);
}
