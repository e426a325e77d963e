/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Exports that are not to be removed by rules. What says so is an empty file in the export, which
 * its manifest does not know; it is copied with the export, and an export is one without it, too.
 * As it is empty, nothing can be smuggled in with it: anything else of that name is a problem for
 * verify and import. */

/** Its name. */
#define PROTECTED_FILE "protected"

/** export_is_protected: Returns: whether there is something of that name in the export whose
 * directory is open as @dirfd: in doubt it is protected. */
gboolean export_is_protected(int dirfd);

/** export_is_mark: Returns: whether @name, not followed, of the export @dirfd is the empty file
 * that we make. */
gboolean export_is_mark(int dirfd, const char *name);

/**
 * export_set_protected:
 * @path: of an export, of which a manifest that can be read is asked
 *
 * Protects the export, durably, or lifts that. What is so already is fine. Returns: FALSE with
 * IN_USE or INVALID_STATE if it is being removed, NOT_FOUND, CORRUPT if its manifest cannot be
 * read, INVALID_STATE if something else has the mark's name.
 */
gboolean export_set_protected(const char *path, gboolean protect, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
