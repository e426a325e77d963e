/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a proof of an export has found. */

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

/** verify_report_new: Returns: one without problems, owned by the caller. */
VerifyReport *verify_report_new(void);

/** verify_report_add: Appends a problem of @file, which @format tells, printf-like. */
void verify_report_add(VerifyReport *report, const char *file, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

void verify_report_free(VerifyReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyReport, verify_report_free)

G_END_DECLS
