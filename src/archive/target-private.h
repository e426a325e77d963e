/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"

G_BEGIN_DECLS

/* The parts of a target that only the files in this directory use. */

struct Target {
    char *directory; /* requested directory; a symbolic link in its last part is resolved if it
                      * exists */
    char *parent;    /* parent of the final directory */
    char *name;      /* name of the final directory in parent */
    char *partial;   /* name of the partial directory in parent */
    char *path;      /* parent/name */
    gboolean deep;   /* directories above the requested one are made, too */
    gboolean over_empty; /* the final directory exists and is empty */
    gboolean made_directory; /* these were created by this target, and are removed again if the
                              * export is not committed */
    gboolean made_parent;
    gboolean made_partial;
    gboolean import; /* it is of an import (journal-kind.h) */
    gboolean begun;
    gboolean keep;
    char *asked; /* the requested path, if the export is now at another one */
    char *warning; /* warning about its file system, or NULL */
    int parent_fd;  /* owned */
    int fd;         /* the partial directory; owned */
    int journal_fd; /* open and locked; owned */
};

/** target_same_file: Returns: TRUE if @name in @dirfd is the file that is open as @fd. */
gboolean target_same_file(int dirfd, const char *name, int fd);

/** target_already_exists: Sets ALREADY_EXISTS for @path. Returns: FALSE. */
gboolean target_already_exists(const char *path, GError **error);

G_END_DECLS
