/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/* Commands that make reference points and delete them: their options and run functions, for the
 * table of those commands. */

typedef struct {
    gboolean dry_run;
    char *progress;
} ReferenceOptions;

extern const GOptionEntry reference_options[];

int run_reference_create(CliContext *cli, const CommandLine *line);
int run_reference_delete(CliContext *cli, const CommandLine *line);

G_END_DECLS
