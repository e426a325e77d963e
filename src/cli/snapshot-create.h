/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/* The command snapshot-create-as. */

/** Its options as given; NULL or FALSE for an option that was not given. */
typedef struct {
    char **domains;
    gboolean quiesce;
    gboolean pause;
    gboolean no_pause;
    gboolean memory;
    gboolean internal;
    gboolean best_effort;
    gboolean reference_point;
    char *timeout;
    gboolean dry_run;
    char *progress;
} SnapshotCreateOptions;

extern const GOptionEntry snapshot_create_options[];

/** snapshot_create: Creates the snapshot collection, or shows the plan. Returns: the exit status;
 * errors have been printed. */
int snapshot_create(CliContext *cli, const CommandLine *line);

G_END_DECLS
