/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"

G_BEGIN_DECLS

/* For the files that make up a target. */

struct Target {
    char *directory; /* as given, without a symbolic link in its last part if it is there */
    char *parent;    /* of the final directory */
    char *name;      /* of the final directory, in parent */
    char *partial;   /* of the partial directory, in parent */
    char *path;      /* parent/name */
    gboolean over_empty; /* the final directory is there, and empty */
    gboolean made_directory; /* what we created, and remove again if nothing comes of it */
    gboolean made_parent;
    gboolean made_partial;
    gboolean begun;
    gboolean keep;
    char *asked; /* the path that was asked for, if the export has come to be elsewhere */
    char *warning; /* what its file system does not keep, or NULL */
    int parent_fd;  /* owned */
    int fd;         /* the partial directory; owned */
    int journal_fd; /* locked as long as it is open; owned */
};

/** target_same_file: Returns: TRUE if @name in @dirfd is the file that is open as @fd. */
gboolean target_same_file(int dirfd, const char *name, int fd);

/** target_already_exists: Returns: FALSE with ALREADY_EXISTS for @path. */
gboolean target_already_exists(const char *path, GError **error);

G_END_DECLS
