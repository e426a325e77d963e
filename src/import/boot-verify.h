/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify-report.h"
#include "import/boot-run.h"

G_BEGIN_DECLS

/* Verifies an export and starts its domains: the state of its files, and whether the domains boot.
 */

/** The parameters of the verification, which are not owned, and its results, which are freed by
 * boot_verify_clear(). */
typedef struct {
    const char *path; /* absolute, of the export */
    gboolean deep;    /* also have QEMU check every image */
    const BootSettings *settings;

    /* (nullable): called when it is known what is going to be started, before anything is changed.
     * Returns: FALSE with an error if it is to end. */
    gboolean (*ready)(const BootPlan *plan, gpointer data, GError **error);
    gpointer data;

    VerifyReport *files; /* the state of the files; NULL: not known */
    BootReport *domains; /* whether the domains boot; empty if the files are damaged */
} BootVerify;

/** boot_verify: Verifies the export. Returns: FALSE with an error if it could not be verified. In
 * any case everything that was started or written is removed, or the error names it. */
gboolean boot_verify(BootVerify *self, Hypervisor *hypervisor, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** boot_verify_ok: Returns: whether the export is complete and unchanged and its domains boot. */
gboolean boot_verify_ok(const BootVerify *self);

/** boot_verify_clear: Frees the results. */
void boot_verify_clear(BootVerify *self);

G_END_DECLS
