/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The paths of what a job has created, as Msvm_CollectionReferencePointExportJob reports them, and
 * what it has found out. */
typedef struct {
    GPtrArray *domains;     /* char*: UUIDs */
    char *directory;        /* directory that contains everything */
    GPtrArray *disks;       /* char*: the top layer of each disk */
    GPtrArray *config;      /* char*: configuration of domains and snapshots */
    GPtrArray *memory;      /* char*: memory states */
    GPtrArray *guest_state; /* char*: firmware variables and the like */
    char *base;             /* the export that this one is based on; NULL: none */
    GVariant *findings;     /* a{sv}: what the job has found out, with keys of its verb; NULL:
                             * nothing, or not yet */
} JobReport;

/** job_report_new: Returns: a report with empty lists and nothing else set, owned by the caller. */
JobReport *job_report_new(void);
JobReport *job_report_copy(const JobReport *self);

/** job_report_free: Frees @self, which may be NULL. */
void job_report_free(JobReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobReport, job_report_free)

G_END_DECLS
