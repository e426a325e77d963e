/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * partial_tidy:
 * @directory: absolute path of the directory of exports
 * @collection: the collection whose exports are removed
 *
 * Removes the partial exports of @collection that are named after a time, as "20261127T020000Z",
 * and that no process has locked: they are never resumed, because the next export has another name.
 * Partial exports with other names are kept.
 */
gboolean partial_tidy(const char *directory, const char *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
