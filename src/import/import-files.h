/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* The import's directory before and after the files are copied into it. */

/** import_files_clear: Removes from @dirfd what an import with another plan has left there: all but
 * the journal and the mark of the volumes, which are looked after elsewhere. */
gboolean import_files_clear(int dirfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_files_directories: Creates every directory that @plan needs in @dirfd; it is no error if
 * a directory exists. */
gboolean import_files_directories(const ImportPlan *plan, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_files_images: Creates the new overlays of @plan, and reverts the copied images whose
 * state is an internal snapshot to that snapshot. */
gboolean import_files_images(const ImportPlan *plan, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_files_close:
 * @owner: (nullable): the owner that the files get
 *
 * Sets owners and permissions so that QEMU can open the files of its domain, and makes everything
 * durable.
 */
gboolean import_files_close(const ImportPlan *plan, int dirfd, const HypervisorOwner *owner,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_files_owner:
 * @other: (out): whether files have to be given to @owner: only root starts QEMU as another user
 *
 * Finds out which user QEMU is.
 */
gboolean import_files_owner(Hypervisor *hypervisor, HypervisorOwner *owner, gboolean *other,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_files_reachable:
 * Returns: FALSE with ACCESS_DENIED naming a directory on the path to @directory that @owner cannot
 * enter, and a way out. ACLs count, too. What is not there yet can be entered.
 */
gboolean import_files_reachable(const char *directory, const HypervisorOwner *owner,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
