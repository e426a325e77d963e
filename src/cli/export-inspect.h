/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/** The run functions of the commands that inspect exports. */
int run_export_list(CliContext *cli, const CommandLine *line);
int run_export_info(CliContext *cli, const CommandLine *line);

G_END_DECLS
