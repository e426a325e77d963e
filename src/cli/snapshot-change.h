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

extern const GOptionEntry delete_options[];

int run_snapshot_delete(CliContext *cli, const CommandLine *line);

G_END_DECLS
