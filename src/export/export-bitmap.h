/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/export-items.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/**
 * export_bitmap_find_changes:
 * @item: of changes on a disk that is pulled, and since when they are known
 * @sure: (out): FALSE: something has changed where the bitmap says that nothing has
 *
 * Asks QEMU for what has changed on the disk since the base was made, and where it has no data any
 * more, and compares a few parts with
 * the base of which it is said that they have not (2 MiB at most). Otherwise no data is read.
 */
gboolean export_bitmap_find_changes(ExportItem *item, Control *control, gboolean *sure,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
