/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * squash_explain:
 * @dirfd: directory that @path is relative to, or AT_FDCWD
 * @path: what was to be used; if it is not there, the file system of @dirfd counts
 * @error: (nullable): why it could not be; its text is changed
 *
 * Root is used to being denied nothing, but an NFS server may take it for another user. Adds that,
 * and what to do about it, to ACCESS_DENIED if this process is root's and @path is on NFS. Source:
 * exports(5), root_squash.
 */
void squash_explain(int dirfd, const char *path, GError *error);

G_END_DECLS
