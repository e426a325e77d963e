/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-links.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Removing an export so that it is there with all that it has, or is none any more, whenever the
 * machine stops: it gets the name of one that is being removed (export-lock.h), durably; then its
 * files go, those that its manifest names and no others, and the manifest last. Nothing outside of
 * it can be reached: names are opened inside of its directory, through no symbolic link and across
 * no mount. */

/** What removing has come to. */
typedef enum {
    REMOVE_DONE,
    REMOVE_KEPT,   /* nothing was changed, for the reason in the error: it is read, used, protected,
                    * or what it holds is not an export's alone */
    REMOVE_FAILED, /* it could not be begun, or was begun and not ended: then its name is that of
                    * one that is being removed */
} RemoveResult;

/**
 * export_remove:
 * @rootfd: what it is below, open
 * @below: its path from there
 * @path: for messages
 * @control: ends it between two files; what was begun is left for the next time
 * @freed: (out): bytes on the disk of the files of which the last name went
 *
 * Removes a complete export that nobody reads, that no domain runs on and that is not protected.
 */
RemoveResult export_remove(int rootfd, const char *below, const char *path, Control *control,
                           guint64 *freed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_remove_check:
 * @links: gets its files, if it could be removed
 *
 * Looks whether export_remove() would remove it, as far as that can be told without trying.
 */
gboolean export_remove_check(int rootfd, const char *below, const char *path, ExportLinks *links,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_remove_left:
 * The same for what somebody left who was killed while he removed it; it has the name of that, and
 * needs not be complete.
 */
RemoveResult export_remove_left(int rootfd, const char *below, const char *path, Control *control,
                                guint64 *freed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** export_list_left: Returns: (element-type utf8): the paths, from @rootfd, of what was left so in
 * it and in the directories in it; owned by the caller. */
GPtrArray *export_list_left(int rootfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
