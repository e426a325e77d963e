/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/image-users.h"

G_BEGIN_DECLS

/** apply_file_is_blank: Returns: TRUE if there is no file @path, or nothing of a disk is in it. */
gboolean apply_file_is_blank(const char *path);

/**
 * apply_files_remove:
 * @paths: (element-type utf8): files that were made for a way back; those that are gone are fine
 * @warnings: (element-type utf8): gets which are left, and why
 *
 * Removes those that no domain and no snapshot of the host names, and that nobody has locked.
 */
void apply_files_remove(Hypervisor *hypervisor, GPtrArray *paths, GPtrArray *warnings);

/** apply_files_remove_blank: The same for files of which only the paths tell that they were made
 * for a way back: those with data, which may be anybody's, are left and named. Those that are
 * needed are left without a word. */
void apply_files_remove_blank(Hypervisor *hypervisor, GPtrArray *paths, GPtrArray *warnings);

G_END_DECLS
