/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What came of a domain. */
typedef struct {
    char *name;     /* in the export */
    gboolean booted;
    const char *by; /* what said so: "agent", "console", "time"; NULL: it did not boot */
    guint seconds;  /* since it was started */
    char *why;      /* it did not boot: in words */
} BootVerdict;

typedef struct {
    GPtrArray *domains;  /* BootVerdict, in the export's order */
    GPtrArray *warnings; /* char* */
} BootReport;

/** boot_report_new: Returns: one of nothing, owned by the caller. */
BootReport *boot_report_new(void);

/** boot_report_ok: Returns: whether all of them have booted. */
gboolean boot_report_ok(const BootReport *self);

/** boot_report_free: NULL is fine. */
void boot_report_free(BootReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootReport, boot_report_free)

G_END_DECLS
