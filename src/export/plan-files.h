/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"
#include "transfer/source.h"

G_BEGIN_DECLS

/* Planning of files that are not layers: documents that are written, files that are copied
 * unchanged, and warnings about both. */

/**
 * plan_files_memory:
 * @first: whether @snapshot is the exported one, and not another one of the tree
 *
 * Plans to copy the memory state of @snapshot, or warns that it is not exported. The disks must be
 * planned already. Returns: FALSE with CORRUPT if the file is not a memory state of @domain saved
 * by libvirt, with INVALID_STATE if another snapshot of the domain has the same file.
 */
gboolean plan_files_memory(Plan *plan, const PlanDomain *domain, PlanSnapshot *snapshot,
                           gboolean first, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** plan_files_configuration: Plans to write the XML of @domain and of its snapshots. */
void plan_files_configuration(Plan *plan, const PlanDomain *domain, const DomainRecord *record);

/**
 * plan_files_add_copy:
 * @role: role in the manifest; a constant string
 * @source: a regular file or a block device
 *
 * Plans to copy @source to the file @name. Returns: FALSE with an error if the status of @source
 * cannot be read.
 */
gboolean plan_files_add_copy(Plan *plan, const char *directory, const char *name,
                             const char *role, const char *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** plan_files_open: Opens @file, which has a source. Returns: owned by the caller. */
Source *plan_files_open(const PlanFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * plan_files_host:
 * Plans to copy the files of the host that @domain needs in addition to its disks, above all its
 * firmware variables, and warns about those that are not exported. Returns: FALSE with
 * NOT_SUPPORTED for firmware variables that cannot be read, unless the settings exclude them.
 */
gboolean plan_files_host(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
