/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify-report.h"
#include "import/boot-run.h"

G_BEGIN_DECLS

/* Verifies an export: the state of its files and, if that is asked for, whether its domains boot.
 * Everything that verifies an export for a user does it here. */

/** The parameters of the verification, which are not owned, and its results, which are freed by
 * verification_clear(). */
typedef struct {
    const char *path; /* absolute, of the export */
    gboolean deep;    /* also have QEMU check every image */
    const BootSettings *boot; /* (nullable): also start the domains, as these say */

    /* (nullable): called when it is known what is going to be read and started, before any of it
     * is. @amount: all of that, in the unit of the progress. Returns: FALSE with an error if it is
     * to end. */
    gboolean (*ready)(guint64 amount, GPtrArray *warnings, gpointer data, GError **error);
    gpointer data;

    gboolean left; /* something that was started or written could not be removed; a caller may
                    * set it before, for one that was interrupted */

    VerifyReport *files; /* the state of the files; NULL: not known */
    BootReport *domains; /* whether the domains boot, empty if the files are damaged; NULL without
                          * @boot */
} Verification;

/**
 * verification_run:
 * @hypervisor: (nullable): needed with @boot only
 *
 * Verifies the export. Returns: FALSE with an error if it could not be verified. In any case
 * everything that was started or written is removed, or the error names it.
 */
gboolean verification_run(Verification *self, Hypervisor *hypervisor, Control *control,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** verification_ok: Returns: whether nothing wrong was found, and the domains boot. */
gboolean verification_ok(const Verification *self);

/** verification_warnings: Returns: (transfer full) (element-type utf8): what was not checked or not
 * tried, for the user. */
GPtrArray *verification_warnings(const Verification *self);

/** verification_clear: Frees the results. */
void verification_clear(Verification *self);

G_END_DECLS
