/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"
#include "archive/verify-report.h"

G_BEGIN_DECLS

/**
 * verify_tree:
 * @dirfd: the directory of the export
 *
 * Reports everything in the export that the manifest does not list.
 */
void verify_tree(int dirfd, const Manifest *manifest, VerifyReport *report);

G_END_DECLS
