/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The result of verifying an export. */

/** A difference between the export and its manifest, or damage. */
typedef struct {
    char *file; /* relative to the export */
    char *what;
} VerifyProblem;

typedef struct {
    guint64 files;       /* number of files checked */
    guint64 bytes;       /* total size of these files */
    GPtrArray *problems; /* VerifyProblem; empty: no problems */
    guint unclosed;      /* number of problems that are images which were not closed properly */
    guint unchecked;     /* number of problems that kept something from being checked */
    guint undigested;    /* number of files that have no digest in the manifest: their content was
                          * not compared with anything */
} VerifyReport;

/** verify_report_new: Returns: a report without problems, owned by the caller. */
VerifyReport *verify_report_new(void);

/** verify_report_add: Appends a problem of @file, described by @format as in printf(). */
void verify_report_add(VerifyReport *report, const char *file, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/** verify_report_add_error: Appends a problem that an error tells: damage, if its code shows some;
 * what failed for another reason, or may not be done, says nothing about the file. */
void verify_report_add_error(VerifyReport *report, const char *file, const GError *error);

/** verify_report_warning: Returns: (transfer full) (nullable): that the content of files was not
 * compared, for the user. */
char *verify_report_warning(const VerifyReport *report);

void verify_report_free(VerifyReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyReport, verify_report_free)

G_END_DECLS
