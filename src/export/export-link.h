/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/export-items.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/**
 * export_link_layers:
 * @items: (element-type ExportItem): of @plan
 * @journal: as for export_item_new_layer()
 * @linked: (inout): bytes of layers that were linked are added
 *
 * Takes from the base of @plan, if it has one, the layers that are to be had from there. Each is
 * looked at once more, under QEMU's image lock. One that only looks to be what it was is read and
 * its digest compared; if that is another one, it is made as if there were no base. Where a hard
 * link cannot be made the item is left with the base's file to copy, or to share its blocks.
 *
 * A hard link proves nothing of the content by itself: it is made only if the times of the base's
 * file say that nobody has written to it since its export was made, or its digest does. What is
 * copied, or shares blocks, is compared with the digest in the manifest while that is done. So what
 * went bad on the disk below a file of the base that is linked, verify finds, in both. Without a
 * digest only the times can tell: if they do not, the layer is made as if there were no base, or
 * the disk that is to be put on it is compared with it in full.
 *
 * Returns: FALSE with CORRUPT naming what of the base is damaged.
 */
gboolean export_link_layers(const Plan *plan, GPtrArray *items, Journal *journal,
                            Control *control, guint64 *linked, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_link_find_changes:
 * Compares every disk of which only the changes are to be written with what the base has of it,
 * side by side; each image is read once. The chains are held from then on. Where QEMU knows what
 * has changed it is asked instead, unless that turns out to be wrong. A running domain's disk on
 * which nothing has changed gets no layer, but that of the base. What is to be made of the base's
 * image is prepared (export-renew.h). @linked is as above.
 */
gboolean export_link_find_changes(const Plan *plan, GPtrArray *items, Control *control,
                                  guint64 *linked, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
