/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/** run_export_run: What virtsnap-export@.service runs: everything of one night for one collection,
 * as its configuration says. */
int run_export_run(CliContext *cli, const CommandLine *line);

G_END_DECLS
