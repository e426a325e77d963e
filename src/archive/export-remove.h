/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-links.h"
#include "archive/export-stamp.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Crash-safe removal of an export: at any time it is either complete or not an export any more. It
 * is durably renamed (export-lock.h); then the files in its manifest are removed, and no others;
 * the manifest is removed last. Nothing outside can be affected: names are opened beneath its
 * directory, without following symbolic links or crossing mounts. */

/** An export that is to be removed. */
typedef struct {
    int rootfd;        /* an open directory above it */
    const char *below; /* its path relative to that */
    const char *path;  /* for messages */
    const ExportStamp *stamp; /* which one it has to be; NULL: any */
} ExportRef;

/** Result of a removal. */
typedef enum {
    REMOVE_DONE,
    REMOVE_KEPT,   /* nothing was changed, for the reason in the error: it is being read, used or
                    * protected, or has other files */
    REMOVE_REPLACED, /* nothing was changed: another export has its path */
    REMOVE_FAILED, /* the system kept it from being looked at or begun, or it was begun but not
                    * completed: then it has the name of an export that is being removed */
} RemoveResult;

/**
 * export_remove:
 * @control: can cancel between two files; a removal that has begun is completed by the next one
 * @freed: (out): bytes on disk of the files whose last link was removed
 *
 * Removes a complete export that is neither being read, nor used by a domain, nor protected.
 */
RemoveResult export_remove(const ExportRef *export, Control *control, guint64 *freed,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_remove_check:
 * @links: gets its files, if it can be removed
 *
 * Returns: what export_remove() would return, as far as that can be determined without trying.
 */
RemoveResult export_remove_check(const ExportRef *export, ExportLinks *links, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_remove_left:
 * Completes a removal that was interrupted by a kill. @export has the name of one that is being
 * removed, and need not be complete.
 */
RemoveResult export_remove_left(const ExportRef *export, Control *control, guint64 *freed,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** export_list_left: Returns: (element-type utf8): the paths, relative to @rootfd, of interrupted
 * removals in it and in its subdirectories; owned by the caller. */
GPtrArray *export_list_left(int rootfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
