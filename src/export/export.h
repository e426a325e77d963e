/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"
#include "collection/collection.h"
#include "export/plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* The export itself: the hypervisor is asked, a plan is made, and the plan is carried out. */

/** What is to be exported. Nothing in it is owned. */
typedef struct {
    const char *collection;     /* name; NULL: the unnamed collection of domains */
    GPtrArray *collections;     /* VirtSnapCollection: it and all below it, kept in the export;
                                 * NULL: none */
    GPtrArray *domains;         /* char*: the members, each once */
    const char *snapshot;
    const VirtSnapExportSettings *settings;
} ExportSubject;

/** The last step of the progress, so that all is done only when the export has its name. */
#define EXPORT_COMMIT_WEIGHT 1

/** What an export did. */
typedef struct {
    guint64 bytes;  /* of all files of the export */
    guint64 copied; /* bytes that had to be written for it */
    guint64 linked; /* bytes of layers that were taken from the base, and read from no source */
    guint layers;
    guint domains;
    gboolean resumable; /* it failed, and what there is of it can be gone on with: it is kept */
    gboolean kept;      /* it failed, and something is left, if only for who puts right what has
                         * changed since */
    GPtrArray *warnings; /* char*: those of the plan, and what happened meanwhile */
} ExportResult;

/** export_result_clear: Frees what is in it. */
void export_result_clear(ExportResult *result);

/**
 * export_name:
 * Returns: the name that the export's directory is made from: the collection's, or the members'
 * joined with '+'; owned by the caller.
 */
char *export_name(const ExportSubject *subject);

/**
 * export_resolve:
 * @control: lets it be cancelled
 *
 * Returns: (element-type DomainRecord): every member as @hypervisor describes it, owned by the
 * caller; NOT_FOUND naming the domain that is not there or lacks the snapshot.
 */
GPtrArray *export_resolve(Hypervisor *hypervisor, const ExportSubject *subject, Control *control,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_plan:
 * @control: lets it be cancelled
 *
 * Asks @hypervisor for every member's snapshot and looks at every image. Nothing is written.
 * Returns: owned by the caller; the error names the member that stands in the way.
 */
Plan *export_plan(Hypervisor *hypervisor, const ExportSubject *subject, Control *control,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_check_space:
 * Returns: FALSE with NO_SPACE if the file system of @target does not have what @plan needs.
 */
gboolean export_check_space(const Plan *plan, const Target *target, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_execute:
 * @hypervisor: (nullable): tells what happens to the domains meanwhile (export-watch.h), and holds
 * those that run for a live export
 * @plan: of a live one, completed with what is found at its moment
 * @target: begun here and committed at the end
 * @resume: goes on with what an earlier run left, if there is something; a live export is begun
 * anew, with a warning
 * @control: progress in bytes, part I of it for layer I-1; cancel, interrupt, suspend,
 * bandwidth, which is the caller's to set
 * @result: (out): what was done; to be cleared in any case
 *
 * Returns: TRUE when the complete export has its final name (target_path()) and is durable.
 * Otherwise nothing has that name, and freeing @target removes what was written, unless it can be
 * gone on with. What an earlier run left and this one was to go on with stays whatever happens,
 * unless it is cancelled; INVALID_STATE naming what has changed, or CORRUPT, if it cannot be used.
 */
gboolean export_execute(Hypervisor *hypervisor, Plan *plan, Target *target,
                        Control *control, gboolean resume, ExportResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_discard: Removes what an earlier run left at @target. IN_USE if a process is at it. */
gboolean export_discard(Target *target, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
