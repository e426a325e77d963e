/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/** The options of `import-detach` as given; NULL or FALSE for an option that was not given. */
typedef struct {
    char *bandwidth; /* bytes/s, with K, M, G */
    gboolean dry_run;
    char *progress; /* "auto", "bar", "json", "none" */
} DetachOptions;

extern const GOptionEntry detach_options[];

/** run_import_detach: The command `import-detach`, by itself or by the service. */
int run_import_detach(CliContext *cli, const CommandLine *line);

G_END_DECLS
