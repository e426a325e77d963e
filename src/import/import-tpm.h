/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-member.h"
#include "import/import-undo.h"

G_BEGIN_DECLS

/* The state of an emulated TPM in an export, and how libvirt gets it: it looks for it in a
 * directory of its own with the UUID of the domain, which is there before the domain is. */

/**
 * import_tpm_find:
 *
 * Finds the state of the TPM of @self in the export, and removes the place that it had on the
 * exporting host from its documents. Returns: FALSE with CORRUPT naming a file that is no state of
 * that TPM.
 */
gboolean import_tpm_find(ImportMember *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_tpm_plan: Adds what was found to @plan. */
void import_tpm_plan(const ImportMember *self, ImportPlan *plan);

/** import_tpm_check: Returns: FALSE with an error if states of @plan cannot be put where libvirt
 * looks for them. */
gboolean import_tpm_check(Hypervisor *hypervisor, const ImportPlan *plan, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_tpm_install:
 * @dirfd: the directory of the import, with the copies
 * @undo: the record, in which the directories are listed
 *
 * Moves all states of @plan to where libvirt looks for them, before their domains are defined.
 */
gboolean import_tpm_install(const ImportPlan *plan, int dirfd, ImportUndo *undo, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
