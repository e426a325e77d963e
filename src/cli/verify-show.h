/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify-report.h"
#include "cli/context.h"
#include "cli/output.h"

G_BEGIN_DECLS

/** verify_report_json: Returns: @report as `verify --json` prints it, owned by the caller. */
JsonObject *verify_report_json(const VerifyReport *report);

/** verify_report_print: Prints @report about the export @path. */
void verify_report_print(CliContext *cli, const char *path, const VerifyReport *report);

G_END_DECLS
