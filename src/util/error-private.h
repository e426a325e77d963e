/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * error_recode:
 * @error: (nullable): the error to look at
 *
 * Replaces the code @from of a VIRT_SNAP_ERROR by the code @to. It is for a caller that knows more
 * about the cause than the function that set the error: the same malformed text is an invalid
 * parameter when a user gave it, and a corrupt file when virtsnap wrote it.
 *
 * Returns: TRUE if @error was set and had the code @from.
 */
gboolean error_recode(GError **error, VirtSnapError from, VirtSnapError to);

G_END_DECLS
