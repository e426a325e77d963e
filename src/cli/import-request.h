/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "cli/progress.h"
#include "import/import-settings.h"

G_BEGIN_DECLS

/** The options of `import` as given; NULL or FALSE for an option that was not given. */
typedef struct {
    char **domains;
    char *to;
    char **renames; /* "OLD=NEW" */
    char *pool;
    char *suffix;
    gboolean new_uuid;
    char *mac; /* "keep", "new" */
    gboolean with_snapshots;
    gboolean start;
    gboolean in_place;
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

/** A checked and complete request to import. It owns none of its members. */
typedef struct {
    const char *path;      /* absolute path of the export */
    const char *directory; /* absolute */
    const ImportOptions *options;
    const ImportSettings *settings;
    ProgressMode progress;
} ImportRequest;

/** import_options_read: Returns: the settings of @options, owned by the caller. */
ImportSettings *import_options_read(const ImportOptions *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_run: Imports, or shows the plan. Returns: the exit status; errors have been printed. */
int import_run(CliContext *cli, const ImportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

/** import_service: Lets the service do it; with --async only starts it. Returns: as import_run. */
int import_service(CliContext *cli, const ImportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
