/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The verdict about one domain. */
typedef struct {
    char *name;     /* its name in the export */
    gboolean booted;
    const char *by; /* the sign of it: "agent", "console", "time"; NULL: it did not boot */
    guint seconds;  /* since it was started */
    char *why;      /* why it did not boot, for the user; NULL: it did */
} BootVerdict;

typedef struct {
    GPtrArray *domains;  /* BootVerdict, in the export's order */
    GPtrArray *warnings; /* char* */
} BootReport;

/** boot_report_new: Returns: an empty report, owned by the caller. */
BootReport *boot_report_new(void);

/** boot_report_ok: Returns: whether all of them have booted. */
gboolean boot_report_ok(const BootReport *self);

/** boot_report_free: NULL is fine. */
void boot_report_free(BootReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootReport, boot_report_free)

G_END_DECLS
