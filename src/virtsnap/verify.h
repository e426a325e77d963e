/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/control.h"

G_BEGIN_DECLS

/* Proof of an export: every file is there with its digest, the images refer to one another as the
 * manifest says, and nothing else is there. */

/** Something that is not as it should be. */
typedef struct {
    char *file; /* relative to the export */
    char *what;
} VerifyProblem;

typedef struct {
    guint64 files;       /* how many were checked */
    guint64 bytes;       /* of them */
    GPtrArray *problems; /* VerifyProblem; empty: all is well */
    guint unclosed;      /* how many of them are images that were not closed cleanly */
} VerifyReport;

/**
 * verify_export:
 * @path: the directory of an export
 * @deep: also have QEMU check every qcow2 image
 * @control: progress in bytes, cancel
 *
 * Returns: what was found, owned by the caller; an error only if nothing can be said: no such
 * directory, no permission, cancelled.
 */
VerifyReport *verify_export(const char *path, gboolean deep, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** verify_report_add: Appends a problem of @file. */
void verify_report_add(VerifyReport *report, const char *file, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

void verify_report_free(VerifyReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyReport, verify_report_free)

G_END_DECLS
