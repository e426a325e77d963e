/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-host.h"
#include "import/import-run.h"

G_BEGIN_DECLS

/** What is to be imported, and where. It owns none of its members. */
typedef struct {
    const char *path;      /* absolute path of the export */
    const char *directory; /* absolute path of the directory in which the import's directory is
                            * created */
    const ImportSettings *settings;
    gboolean resume; /* what a killed import has left is to be resumed if it can be */
} ImportSubject;

/** import_place: Returns: the place of an import below @directory, owned by the caller: named as
 * the export is, or as @settings rename it. */
ExportPlace *import_place(const char *directory, const Manifest *manifest,
                          const ImportSettings *settings);

/** Everything that import_execute() needs. */
typedef struct {
    ImportSource *source;
    Target *target;
    GError *taken; /* where it is to go is something already; NULL: nothing is */
    ImportHost *host; /* with the findings */
    ImportPlan *plan;
} ImportPrepared;

/**
 * import_prepare:
 * @look: TRUE: changes nothing; what a killed import has left is only reported
 * @control: can cancel the operation
 * @prepared: (out): to be cleared in any case
 *
 * Reads the export, makes a plan, and checks that it can be carried out: all names are free, there
 * is enough space, and the host offers what the domains need. Before that, what an earlier import
 * into the same place has left when it was killed is undone. Returns: FALSE with an error that
 * lists all obstacles.
 */
gboolean import_prepare(Hypervisor *hypervisor, const ImportSubject *subject, gboolean look,
                        Control *control, ImportPrepared *prepared, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_prepared_clear: Frees the members of @prepared. */
void import_prepared_clear(ImportPrepared *prepared);

G_END_DECLS
