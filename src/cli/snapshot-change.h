/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/* Commands that remove snapshot sets and go back to them: their options and run functions, for the
 * table of snapshot commands. */

typedef struct {
    gboolean metadata;
    gboolean dry_run;
    char *bandwidth;
    char *progress;
} DeleteOptions;

typedef struct {
    gboolean discard;
    gboolean start;
    gboolean paused;
    gboolean dry_run;
    char *progress;
} ApplyOptions;

extern const GOptionEntry delete_options[];
extern const GOptionEntry convert_options[];
extern const GOptionEntry apply_options[];

int run_snapshot_delete(CliContext *cli, const CommandLine *line);
int run_reference_convert(CliContext *cli, const CommandLine *line);
int run_snapshot_apply(CliContext *cli, const CommandLine *line);

G_END_DECLS
