/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * open_as:
 * Tries whether a process of the user @uid with the group @gid and all other groups of that user
 * could read the regular file @path, by opening it in a thread that has taken their place: so ACLs
 * count, too. Source: setfsuid(2). Returns: 0, also where this process may not take the place of
 * others; else the errno of what was refused.
 */
int open_as(const char *path, guint uid, guint gid);

/** reopen_as: The same for the file that is open as @fd, whatever leads there. @flags: as of
 * open(2), O_RDONLY or O_RDWR */
int reopen_as(int fd, int flags, guint uid, guint gid);

/** enter_as: The same as open_as() for opening files in the directory @path, of which the names are
 * known. Returns: likewise; what is refused may be a directory above. */
int enter_as(const char *path, guint uid, guint gid);

G_END_DECLS
