/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * partial_tidy:
 * @directory: absolute: what is exported into
 * @collection: of which exports
 *
 * Removes the partial exports of @collection that are named after a moment, as "20261127T020000Z",
 * and that nobody is at: whatever made them goes on with none, as the next has another name. Those
 * with names that somebody gave are left alone.
 */
gboolean partial_tidy(const char *directory, const char *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
