/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * error_recode:
 * @error: (nullable): where an error may be
 *
 * Gives an error of ours with the code @from the code @to, for a caller who knows better what has
 * failed than the function that set it: what is a wrong parameter in a user's text is corrupt in a
 * file of our own.
 *
 * Returns: whether there was such an error.
 */
gboolean error_recode(GError **error, VirtSnapError from, VirtSnapError to);

G_END_DECLS
