/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"
#include "collection/collection.h"
#include "export/plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* The steps of an export: querying the hypervisor, making a plan, and carrying it out. */

/** What is to be exported. It owns none of its members. */
typedef struct {
    const char *collection;     /* name of the collection; NULL: the unnamed collection of
                                 * domains */
    GPtrArray *collections;     /* VirtSnapCollection: the collection and its direct and indirect
                                 * member collections, which are stored in the export; NULL: none */
    GPtrArray *domains;         /* char*: the members, each once */
    const char *snapshot;
    const SetRecord *set; /* the temporary set by which it is had, complete or still to be made;
                           * NULL: none is needed */
    const VirtSnapExportSettings *settings;
} ExportSubject;

/** Weight of the commit in the progress, so that everything is done only when the export has its
 * final name. */
#define EXPORT_COMMIT_WEIGHT 1

/** The removal of a temporary set, which comes after it. */
#define EXPORT_SET_WEIGHT 1

/** export_weight: Returns: the progress that is reached when @plan is carried out, and nothing of
 * it is left. */
guint64 export_weight(const Plan *plan);

/** The result of an export. */
typedef struct {
    guint64 bytes;  /* total size of all files of the export */
    guint64 copied; /* bytes that were written for it */
    guint64 linked; /* bytes of layers that were taken from the base, and read from no source */
    guint layers;
    guint domains;
    gboolean resumable; /* it failed, and what was written is kept and can be resumed */
    gboolean kept;      /* it failed, and something is kept, even if it can only be resumed after
                         * the user has reverted what has changed since */
    GPtrArray *warnings; /* char*: warnings of the plan and those about what happened meanwhile */
    GPtrArray *parts;    /* PartCache: what is kept once it has its name; NULL afterwards */
} ExportResult;

/** export_result_clear: Frees the members of @result. */
void export_result_clear(ExportResult *result);

/**
 * export_name:
 * Returns: the name from which that of the export's directory is made: that of the collection, or
 * those of the domains joined with '+'; owned by the caller.
 */
char *export_name(const ExportSubject *subject);

/**
 * export_resolve:
 * @control: can cancel the operation
 *
 * Returns: (element-type DomainRecord): the descriptions of all members, owned by the caller; NULL
 * with NOT_FOUND naming a domain that does not exist or lacks the snapshot.
 */
GPtrArray *export_resolve(Hypervisor *hypervisor, const ExportSubject *subject, Control *control,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_plan:
 * @control: can cancel the operation
 *
 * Queries @hypervisor for the snapshot of each member and examines all images. Nothing is written.
 * With a set that is still to be made the plan is of what the set would freeze now.
 * Returns: the plan, owned by the caller; an error names the member that cannot be exported.
 */
Plan *export_plan(Hypervisor *hypervisor, const ExportSubject *subject, Control *control,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_check_space:
 * Returns: FALSE with NO_SPACE if the file system of @target does not have the space that @plan
 * needs.
 */
gboolean export_check_space(const Plan *plan, const Target *target, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_execute:
 * @hypervisor: (nullable): reports events of the domains meanwhile (export-watch.h), and holds
 * those that run for a live export
 * @plan: of a live one, completed with what is found at its moment
 * @target: the target, which is begun and finally committed
 * @resume: resumes what an earlier run left, if there is anything; a live export is begun anew,
 * with a warning
 * @control: counts the progress in bytes, with the part I for layer I-1; cancels, interrupts,
 * suspends and limits the export. The caller sets the bandwidth
 * @result: (out): the result; to be cleared in any case
 *
 * Returns: TRUE when the complete export has its final name (target_path()) and is durable.
 * Otherwise there is nothing under that name, and freeing @target removes what was written unless
 * it can be resumed. What an earlier run left is never removed by a failed resumption, unless that
 * is cancelled; the error is INVALID_STATE naming what has changed, or CORRUPT, if it cannot be
 * used.
 */
gboolean export_execute(Hypervisor *hypervisor, Plan *plan, Target *target,
                        Control *control, gboolean resume, ExportResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_discard: Removes what an earlier run left at @target. FALSE with IN_USE if another
 * process is exporting there. */
gboolean export_discard(Target *target, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
