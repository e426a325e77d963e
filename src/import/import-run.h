/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"
#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/** The last step of the progress, so that all is done only when all is defined. */
#define IMPORT_COMMIT_WEIGHT 1

/** What an import did. */
typedef struct {
    guint64 copied; /* bytes that had to be written for it */
    gboolean resumable; /* it failed, and what there is of it can be gone on with: it is kept */
    gboolean kept;      /* it failed, and something is left */
    GPtrArray *warnings; /* char*: those of the plan, and what happened meanwhile */
} ImportResult;

/** import_result_clear: Frees what is in it. */
void import_result_clear(ImportResult *result);

/**
 * import_check_space:
 * Returns: FALSE with NO_SPACE if the file system of @target does not have what @plan needs.
 */
gboolean import_check_space(const ImportPlan *plan, const ImportSource *source,
                            const Target *target, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_execute:
 * @target: begun here and committed, when all files are complete
 * @resume: goes on with what an earlier run left, if there is something
 * @control: progress in bytes, part I of it for file I-1 of the plan; orders
 * @result: (out): what was done; to be cleared in any case
 *
 * Returns: TRUE when every file is in its place, durably, and every domain defined, and started if
 * that was asked for. Otherwise nothing is defined and no file has a final name; freeing @target
 * removes what was written, unless it can be gone on with.
 */
gboolean import_execute(Hypervisor *hypervisor, ImportPlan *plan, const ImportSource *source,
                        Target *target, Control *control, gboolean resume, ImportResult *result,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
