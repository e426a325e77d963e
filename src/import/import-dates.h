/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-plan.h"

G_BEGIN_DECLS

/**
 * import_dates_set:
 * @dirfd: the directory of the import
 *
 * Gives each image of @plan that is copied the time at which it was last written to where it is
 * from, as the manifest has it. Whoever asks later on whether a layer was written to since a
 * snapshot froze it (apply-frozen.h, plan-frozen.h) goes by that time, and that of the copying says
 * nothing about it. The manifest may be a stranger's, or of a host whose clock is ahead: nothing
 * gets a time after the beginning of the import, which is also that of what has none there, and of
 * memory states. Nothing may be written to the files after that.
 */
gboolean import_dates_set(const ImportPlan *plan, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
