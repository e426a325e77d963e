/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-host.h"
#include "import/import-run.h"

G_BEGIN_DECLS

/** What is to be imported, and to where. Nothing in it is owned. */
typedef struct {
    const char *path;      /* absolute, of the export */
    const char *directory; /* absolute, below which it comes to be */
    const ImportSettings *settings;
} ImportSubject;

/** All that import_execute() needs. */
typedef struct {
    ImportSource *source;
    Target *target;
    ImportHost *host; /* with what does not fit it */
    ImportPlan *plan;
} ImportPrepared;

/**
 * import_prepare:
 * @look: only looks: what an import that was killed has left stays, and is told of
 * @control: lets it be cancelled
 * @prepared: (out): to be cleared in any case
 *
 * Reads the export, plans, and looks whether all of it can come to be here: nothing is taken, there
 * is room, the host has what the domains need. Before that, what an earlier import of the same has
 * left when it was killed is taken back. Returns: FALSE with all that is in the way.
 */
gboolean import_prepare(Hypervisor *hypervisor, const ImportSubject *subject, gboolean look,
                        Control *control, ImportPrepared *prepared, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_prepared_clear: Frees what is in it. */
void import_prepared_clear(ImportPrepared *prepared);

G_END_DECLS
