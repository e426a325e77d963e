/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "cli/context.h"
#include "cli/progress.h"
#include "settings/settings.h"

G_BEGIN_DECLS

/** The options of `export`, as they were written; NULL or FALSE where one was not given. */
typedef struct {
    char **domains;
    char *to;
    char *settings; /* file with <exportsettings> or a CIM-XML instance */
    gboolean merge;
    gboolean preserve_chain;
    char *live;    /* "application", "crash", "memory"; "" is the first of these */
    char *scratch; /* a directory */
    char *base;
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

/** What to export, checked and complete. Everything belongs to the caller of export_run(). */
typedef struct {
    const char *collection;      /* NULL: the unnamed collection of domains */
    char *const *domains;        /* ended by NULL; NULL if there is a collection */
    const ExportPlace *place;    /* where to, without a name */
    const VirtSnapExportSettings *settings;
    const ExportOptions *options;
    gboolean dry_run;            /* show the plan, touch nothing */
    ProgressMode progress;
} ExportRequest;

/** export_run: Does it, or shows the plan. Returns: the exit status; errors have been told. */
int export_run(CliContext *cli, const ExportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

/** export_service: Lets the service do it; with --async only starts it. Returns: as export_run. */
int export_service(CliContext *cli, const ExportRequest *request) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
