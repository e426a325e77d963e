/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"
#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/** Weight of the definitions in the progress, so that everything is done only when they are
 * complete. */
#define IMPORT_COMMIT_WEIGHT 1

/** The result of an import. */
typedef struct {
    guint64 copied; /* bytes that were written for it */
    gboolean resumable; /* it failed, and what was written is kept and can be resumed */
    gboolean kept;      /* it failed, and something is kept */
    GPtrArray *warnings; /* char*: warnings of the plan and those about what happened meanwhile */
} ImportResult;

/** import_result_clear: Frees the members of @result. */
void import_result_clear(ImportResult *result);

/**
 * import_check_space:
 * Returns: FALSE with NO_SPACE if the file system of @target does not have the space that @plan
 * needs.
 */
gboolean import_check_space(const ImportPlan *plan, const ImportSource *source,
                            const Target *target, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_check_reachable: Returns: FALSE with ACCESS_DENIED if QEMU's user cannot enter the
 * directories of what is to be written (import_files_reachable()). */
gboolean import_check_reachable(Hypervisor *hypervisor, const ImportPlan *plan, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_execute:
 * @target: the target, which is begun, and committed when all files are complete
 * @resume: resumes what an earlier run left, if there is anything
 * @control: counts the progress in bytes, with the part I for file I-1 of the plan; cancels,
 * interrupts, suspends and limits the import
 * @result: (out): the result; to be cleared in any case
 *
 * Returns: TRUE when every file is durable in its final place, and every domain is defined, and
 * started if the settings ask for that. Otherwise nothing is defined and nothing has its final
 * name; freeing @target removes what was written unless it can be resumed.
 */
gboolean import_execute(Hypervisor *hypervisor, ImportPlan *plan, const ImportSource *source,
                        Target *target, Control *control, gboolean resume, ImportResult *result,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
