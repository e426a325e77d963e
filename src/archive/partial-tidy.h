/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "util/error.h"

G_BEGIN_DECLS

/**
 * partial_tidy:
 * @any: the place of any export of the collection whose partial exports are removed, with a
 * subdirectory
 *
 * Removes the partial exports of the collection that are named after a time, as "20261127T020000Z",
 * and that no process has locked: they are never resumed, because the next export has another name.
 * Partial exports with other names are kept.
 */
gboolean partial_tidy(const ExportPlace *any, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
