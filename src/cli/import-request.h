/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "cli/progress.h"
#include "import/import-settings.h"

G_BEGIN_DECLS

/** The options of `import`, as they were written; NULL or FALSE where one was not given. */
typedef struct {
    char **domains;
    char *to;
    char **renames; /* "OLD=NEW" */
    char *suffix;
    gboolean new_uuid;
    char *mac; /* "keep", "new" */
    gboolean with_snapshots;
    gboolean start;
    gboolean no_define;
    gboolean force_host;
    char **trust;
    char *bandwidth; /* bytes/s, with K, M, G */
    char *parallel;
    gboolean dry_run;
    gboolean resume;
    gboolean async;
    char *progress; /* "auto", "bar", "json", "none" */
} ImportOptions;

/** What to import, checked and complete. Everything belongs to the caller of import_run(). */
typedef struct {
    const char *path;      /* absolute, of the export */
    const char *directory; /* absolute */
    const ImportOptions *options;
    const ImportSettings *settings;
    ProgressMode progress;
} ImportRequest;

/** import_options_read: Returns: the settings that @options come to, owned by the caller. */
ImportSettings *import_options_read(const ImportOptions *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_run: Does it, or shows the plan. Returns: the exit status; errors have been told. */
int import_run(CliContext *cli, const ImportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

/** import_service: Lets the service do it; with --async only starts it. Returns: as import_run. */
int import_service(CliContext *cli, const ImportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
