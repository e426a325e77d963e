/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "cli/context.h"
#include "cli/progress.h"
#include "settings/settings.h"

G_BEGIN_DECLS

/** The options of `export` as given; NULL or FALSE for an option that was not given. */
typedef struct {
    char **domains;
    char *to;
    char *settings; /* file with <exportsettings> or a CIM-XML instance */
    gboolean merge;
    gboolean preserve_chain;
    char *live;    /* "application", "crash", "memory"; "" is the first of these */
    char *scratch; /* a directory */
    char *base;
    char *reference_point;
    char *keep_reference_points; /* a number */
    gboolean strict;
    gboolean no_subdirectory;
    gboolean no_storage;
    char *snapshots; /* "one", "all", "none" */
    char **exclude;  /* "DOMAIN:TARGET" */
    char **include;  /* the same */
    char *bandwidth; /* bytes/s, with K, M, G */
    char *parallel;
    char *compress; /* "zstd", "zstd:LEVEL" */
    gboolean dry_run;
    gboolean resume;
    gboolean async;
    char *progress; /* "auto", "bar", "json", "none" */
} ExportOptions;

/** A checked and complete request to export. It owns none of its members. */
typedef struct {
    const char *collection;      /* NULL: the unnamed collection of domains */
    char *const *domains;        /* ended by NULL; NULL if there is a collection */
    const ExportPlace *place;    /* destination, without a name */
    const VirtSnapExportSettings *settings;
    const ExportOptions *options;
    gboolean dry_run;            /* only show the plan, change nothing */
    ProgressMode progress;
} ExportRequest;

/** export_run: Exports, or shows the plan. Returns: the exit status; errors have been printed. */
int export_run(CliContext *cli, const ExportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

/** export_service: Exports with the service; with --async only starts the job. Returns: as
 * export_run. */
int export_service(CliContext *cli, const ExportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
