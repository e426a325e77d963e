/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/* What of a plan is neither a disk nor a layer: texts that are written, files that are copied as
 * they are, and what has to be said of both. */

/**
 * plan_files_memory:
 * @first: whether @snapshot is the one that is exported, not another one of the tree
 *
 * Has the export copy the memory state of @snapshot, or says that it cannot be kept. The disks
 * are planned already. Returns: FALSE with CORRUPT if the file is no memory state that libvirt
 * saved of @domain, with INVALID_STATE if another snapshot of it has the same file.
 */
gboolean plan_files_memory(Plan *plan, const PlanDomain *domain, PlanSnapshot *snapshot,
                           gboolean first, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** plan_files_configuration: Has the export write the XML of @domain and of its snapshots. */
void plan_files_configuration(Plan *plan, const PlanDomain *domain, const DomainRecord *record);

/**
 * plan_files_add_copy:
 * @role: as in the manifest; not copied
 * @source: a regular file or a block device
 *
 * Has the export copy @source to the file @name. Returns: FALSE if it cannot be looked at.
 */
gboolean plan_files_add_copy(Plan *plan, const char *directory, const char *name,
                             const char *role, const char *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * plan_files_host:
 * Has the export copy what @domain needs of the host beside its disks, foremost its firmware's
 * variables, and says what stays behind. Returns: FALSE with NOT_SUPPORTED for variables that
 * cannot be read, unless the settings leave them out.
 */
gboolean plan_files_host(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
