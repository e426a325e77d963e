/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/export-items.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* A disk as one image, made of the base's image of it: what has changed is written into a copy of
 * that, which shares its blocks where the file system can. */

/**
 * export_renew_prepare:
 * @item: of a layer that is made so, and what has changed is known
 * @made_of: (out): bytes of the base's image that are taken from it
 *
 * Finds out where everything will be in the new image, and reads all segments of the base's image
 * of which something is replaced: what stays of them is what the base's digest is of. If that image
 * turns out not to be laid out for it, the whole disk is pulled. What is not read because it is
 * shared keeps its digests; all else that stays is compared with them.
 *
 * Returns: FALSE with CORRUPT if the base is damaged.
 */
gboolean export_renew_prepare(const Plan *plan, ExportItem *item, Control *control,
                              guint64 *made_of, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
