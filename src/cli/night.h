/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/** run_export_run: The command that virtsnap-export@.service runs: the whole nightly export of one
 * collection, according to its configuration. */
int run_export_run(CliContext *cli, const CommandLine *line);

G_END_DECLS
