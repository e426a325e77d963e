/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * extents_round:
 * @extents: (element-type Extent): what a source says of @start .. @end
 * @head: bytes that the file begins with in place of the source's
 * @unit: bytes
 *
 * Makes whole units of them: one that is data in part is data, and so are those of the head.
 */
void extents_round(GArray *extents, guint64 start, guint64 end, guint64 head, guint64 unit);

G_END_DECLS
