/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "tests/unit/records.h"

/* Images, settings and records for one test of a plan, and short ways to look into the plan. */

typedef struct {
    char *dir; /* the working directory */
    char *old;
    VirtSnapExportSettings *settings;
    GPtrArray *records;
} PlanFixture;

typedef struct {
    const char *name;
    void (*func)(PlanFixture *f, gconstpointer data);
} PlanTest;

/** plan_run_tests: Adds each test as "@prefix/name", with a fixture of its own. */
void plan_run_tests(const char *prefix, const PlanTest *tests, gsize n);

/** plan_set: A setting of the export, as its text. */
void plan_set(PlanFixture *f, const char *name, const char *value);

/** plan_add: A member with @n snapshots; @present is the image it has now, if any. */
void plan_add(PlanFixture *f, const char *name, gboolean active, const char *present,
              const TestSnapshot *snapshots, gsize n);

/** plan_write_memory: The file @name, as libvirt saves the memory of @domain: @magic begins it. */
void plan_write_memory(const char *name, const char *magic, const char *domain);

#define MEMORY_MAGIC "LibvirtQemudSave"

/** plan_write_memory_bytes: Has the first internal snapshot of the qcow2 image @path say that it
 * has a state of the memory. */
void plan_write_memory_bytes(const char *path, guint64 bytes);

/** plan_add_others: Snapshots that the last member has and that were not asked for. */
void plan_add_others(PlanFixture *f, const TestSnapshot *snapshots, gsize n);

/** plan_add_two: The members "a" and "b", whose frozen images share a base. */
void plan_add_two(PlanFixture *f);

/** plan_make: Returns: (transfer full): the plan for the snapshot "s" of all members. */
Plan *plan_make(PlanFixture *f, GError **error);

const PlanSnapshot *plan_first_snapshot(const Plan *plan, guint domain);
const PlanDisk *plan_disk_of(const Plan *plan, guint domain, guint disk);

/** plan_find_file: Returns: (nullable): the file with this path in the export. */
const PlanFile *plan_find_file(const Plan *plan, const char *path);

void plan_assert_layer(PlanFixture *f, const PlanLayer *layer, const char *source,
                       const char *format, PlanWay way);
