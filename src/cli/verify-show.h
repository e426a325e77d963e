/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"

G_BEGIN_DECLS

/**
 * verify_show:
 * @path: the export as the user named it
 * @findings: a{sv}: from verify_findings_format(), of this process or of a job's report
 *
 * Prints the result of a verification. Returns: the exit status.
 */
int verify_show(CliContext *cli, const char *path, GVariant *findings);

G_END_DECLS
