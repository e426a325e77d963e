/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * VirtSnapJobReport:
 *
 * The paths of what a job has created, as Msvm_CollectionReferencePointExportJob reports them.
 */
typedef struct VirtSnapJobReport VirtSnapJobReport;

GType virt_snap_job_report_get_type(void);

/**
 * virt_snap_job_report_ref:
 * @self: a report
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 */
VirtSnapJobReport *virt_snap_job_report_ref(VirtSnapJobReport *self);

/**
 * virt_snap_job_report_unref:
 * @self: (nullable): a report
 *
 * Drops a reference, and frees the report with the last one.
 */
void virt_snap_job_report_unref(VirtSnapJobReport *self);

/**
 * virt_snap_job_report_get_directory:
 * @self: a report
 *
 * Gets the directory of the export.
 *
 * Returns: (transfer none) (type filename): the directory of the export
 */
const char *virt_snap_job_report_get_directory(const VirtSnapJobReport *self);

/**
 * virt_snap_job_report_get_base:
 * @self: a report
 *
 * Gets the export that this one needs in addition to itself.
 *
 * Returns: (transfer none) (type filename) (nullable): the export that this one is based on
 */
const char *virt_snap_job_report_get_base(const VirtSnapJobReport *self);

/**
 * virt_snap_job_report_dup_domains:
 * @self: a report
 *
 * Lists the exported domains.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type utf8): the UUIDs of the domains
 */
char **virt_snap_job_report_dup_domains(const VirtSnapJobReport *self);

/**
 * virt_snap_job_report_dup_disks:
 * @self: a report
 *
 * Lists files.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename): the path of the top
 * image of each disk; its backing images are in the same directory
 */
char **virt_snap_job_report_dup_disks(const VirtSnapJobReport *self);

/**
 * virt_snap_job_report_dup_config:
 * @self: a report
 *
 * Lists files.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename): the paths of the XML
 * of domains and snapshots
 */
char **virt_snap_job_report_dup_config(const VirtSnapJobReport *self);

/**
 * virt_snap_job_report_dup_memory:
 * @self: a report
 *
 * Lists files.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename): the paths of memory
 * states
 */
char **virt_snap_job_report_dup_memory(const VirtSnapJobReport *self);

/**
 * virt_snap_job_report_dup_guest_state:
 * @self: a report
 *
 * Lists files.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename): the paths of firmware
 * variables and the like
 */
char **virt_snap_job_report_dup_guest_state(const VirtSnapJobReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapJobReport, virt_snap_job_report_unref)

G_END_DECLS
