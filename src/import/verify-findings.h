/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/verification.h"

G_BEGIN_DECLS

/* What a verification has found out, as every face shows it: the command, the library and the
 * report of a job. */

/**
 * verify_findings_format:
 * @bytes_max: how many bytes the problems may take together
 *
 * Returns: (transfer floating): a{sv}: "ok" (b), "files", "bytes" (t), "problems" (aa{sv}: "file",
 * "what" (s)), "unclosed" (u): how many of the problems are images that were not closed cleanly,
 * "unchecked" (u): how many kept something from being checked, and say nothing about the export;
 * "undigested" (u): how many files have no digest that they could be compared with; "omitted" (u):
 * how many problems are not listed, if there are any; "warnings" (as), if there are any, and where
 * domains were to be started, with "domains" (aa{sv}: "name" (s), "booted" (b), "by" or "why" (s),
 * "seconds" (u)).
 */
GVariant *verify_findings_format(const Verification *verification, gsize bytes_max);

/**
 * verify_findings_error:
 * @verification: that is not verification_ok()
 *
 * Returns: the error of a job that has found this out, owned by the caller: CORRUPT for files that
 * are not as they were exported, FAILED for those whose domains do not boot.
 */
GError *verify_findings_error(const Verification *verification);

G_END_DECLS
