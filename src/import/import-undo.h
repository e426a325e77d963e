/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* What an import is about to make, written down durably beside its directory before any of it is
 * there under a final name: ".NAME.import". As long as the record is there the import is not done,
 * and whoever finds it, and nobody at work on it, takes back what it names. */

typedef struct ImportUndo ImportUndo;

/**
 * import_undo_begin:
 * @plan: of the import into the directory @plan->directory, whose parent is there
 * @fd: the directory that is going to have that name
 *
 * Returns: owned by the caller; IN_USE if another import has the place.
 */
ImportUndo *import_undo_begin(const ImportPlan *plan, int fd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_undo_made: Domain number @domain of the plan is defined now; without that,
 * import_undo_revert() takes no notice of it, nor of a collection without
 * import_undo_made_collection(). */
void import_undo_made(ImportUndo *self, guint domain);
void import_undo_made_collection(ImportUndo *self, guint collection);

/** import_undo_touch: What was changed up to now was changed by the import itself. */
void import_undo_touch(ImportUndo *self);

/** import_undo_done: The import is complete: removes the record, durably. */
gboolean import_undo_done(ImportUndo *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_undo_revert:
 *
 * Undefines the domains and collections that the record names, removes the directory and then the
 * record. Returns: FALSE with the first thing that could not be taken back; the record stays then.
 */
gboolean import_undo_revert(ImportUndo *self, Hypervisor *hypervisor, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_undo_recover:
 * @directory: absolute path that an import is to have
 * @said: (out): what was taken back, in words, or NULL; owned by the caller
 *
 * Takes back what an import that was killed has left there. Returns: FALSE with IN_USE if it is
 * under way, INVALID_STATE if what it left was used since then, which nobody shall lose.
 */
gboolean import_undo_recover(const char *directory, Hypervisor *hypervisor, char **said,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_undo_free: Closes it; the record stays if it is there. NULL is fine. */
void import_undo_free(ImportUndo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportUndo, import_undo_free)

G_END_DECLS
