/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-keep.h"
#include "cli/command.h"

G_BEGIN_DECLS

/** The options of `export-prune`. */
typedef struct {
    char *collection;
    char *keep[KEEP_RULES];
    gboolean dry_run;
} PruneOptions;

/** The run functions of the commands that remove or protect exports. */
int run_export_prune(CliContext *cli, const CommandLine *line);
int run_export_protect(CliContext *cli, const CommandLine *line);
int run_export_unprotect(CliContext *cli, const CommandLine *line);


G_END_DECLS
