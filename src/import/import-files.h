/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* The import's directory before and after the files are copied into it. */

/** import_files_directories: Creates in @dirfd every directory that @plan needs; those that are
 * there stay. */
gboolean import_files_directories(const ImportPlan *plan, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_files_images: Makes the new images of @plan, and gives those copied ones whose state is
 * an internal snapshot that state. */
gboolean import_files_images(const ImportPlan *plan, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_files_close:
 * @owner: (nullable): whom the files are to belong to
 *
 * Sets owners and permissions, so that QEMU can open what its domain needs, and makes all of it
 * durable.
 */
gboolean import_files_close(const ImportPlan *plan, int dirfd, const HypervisorOwner *owner,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_files_reachable:
 * Returns: FALSE with ACCESS_DENIED naming the directory on the way to @directory that @owner
 * cannot enter, and the way out.
 */
gboolean import_files_reachable(const char *directory, const HypervisorOwner *owner,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
