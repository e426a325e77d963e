/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* The undo record of an import: a durable list of everything that the import is about to create,
 * written before anything gets its final name. It is among this host's own records (own-record.h),
 * and its mark is a file ".NAME.import" beside the directory of the import. As long as the mark
 * exists, the import is not complete; whoever finds a mark without a running import undoes what the
 * record lists. */

typedef struct ImportUndo ImportUndo;

/**
 * import_undo_begin:
 * @plan: the plan of an import into @plan->directory, whose parent exists
 * @hypervisor: has none of what is to be defined yet
 * @fd: the partial directory, which will get that name
 *
 * Returns: owned by the caller; NULL with IN_USE if another import is using the place.
 */
ImportUndo *import_undo_begin(const ImportPlan *plan, Hypervisor *hypervisor, int fd,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_undo_made: Notes that domain @domain of the plan (for import_undo_made_collection():
 * collection @collection) is defined now. import_undo_revert() ignores collections for which that
 * was not noted, and of such domains those that have no image of the import: a hypervisor that is
 * restarted may have defined one without an answer. */
void import_undo_made(ImportUndo *self, guint domain);
void import_undo_made_collection(ImportUndo *self, guint collection);

/** import_undo_made_state: Notes that the directory with the state of the TPM of domain @domain of
 * the plan is there now. import_undo_made() notes that, too: libvirt makes it when the domain
 * starts. */
void import_undo_made_state(ImportUndo *self, guint domain);

/** import_undo_protected: Notes that the import has protected the export at @path; @mark: from
 * export_protect(). */
void import_undo_protected(ImportUndo *self, const char *path, const char *mark);

/** import_undo_touch: Notes that all changes of files up to now were made by the import itself. */
void import_undo_touch(ImportUndo *self);

/** import_undo_done: Removes the record durably, because the import is complete. */
gboolean import_undo_done(ImportUndo *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_undo_revert:
 *
 * Undefines the domains and collections in the record, removes the directory, lifts the protection
 * of the export, if nobody else relies on it, and removes the record.
 * Returns: FALSE with an error naming the first thing that could not be undone; the record stays
 * then.
 */
gboolean import_undo_revert(ImportUndo *self, Hypervisor *hypervisor, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_undo_is_there: Returns: whether there is the record of an import into @directory, which
 * is not complete, then. */
gboolean import_undo_is_there(const char *directory);

/** import_undo_free: Frees @self, which may be NULL, and closes the record, which stays if it
 * exists. */
void import_undo_free(ImportUndo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportUndo, import_undo_free)

G_END_DECLS
