/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify-report.h"
#include "import/boot-run.h"

G_BEGIN_DECLS

/* An export proved with its domains started: what its files are, and whether they boot. */

/** What is to be proved, and what has come of it. What it is made of is not owned; what has come of
 * it is, see boot_verify_clear(). */
typedef struct {
    const char *path; /* absolute, of the export */
    gboolean deep;    /* also have QEMU check every image */
    const BootSettings *settings;

    /* (nullable): called when it is known what is going to be started, before anything is changed.
     * Returns: FALSE with an error if it is to end. */
    gboolean (*ready)(const BootPlan *plan, gpointer data, GError **error);
    gpointer data;

    VerifyReport *files; /* what is in the export; NULL: nothing could be said */
    BootReport *domains; /* whether they boot; of none, if the files are not as they should be */
} BootVerify;

/** boot_verify: Returns: FALSE if nothing can be said. Whatever happens nothing that it has started
 * or written is there any more, or the error says so. */
gboolean boot_verify(BootVerify *self, Hypervisor *hypervisor, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** boot_verify_ok: Returns: whether the export is complete and unchanged, and its domains boot. */
gboolean boot_verify_ok(const BootVerify *self);

/** boot_verify_clear: Frees what has come of it. */
void boot_verify_clear(BootVerify *self);

G_END_DECLS
