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

/** Zeros that are fewer are written: a hole for each of them would cost more than it saves. */
#define EXTENTS_ZEROS_MIN ((gsize)64 << 10)

/**
 * extents_find_zeros:
 * @from, @length: of @data; @from is a multiple of 4096
 * @zeros: (out): how many bytes of zeros are found, 0 if there are none
 *
 * Returns: where in @data, at a multiple of 4096 from @from on, the first EXTENTS_ZEROS_MIN or more
 * bytes of zeros begin, or as many as there are if they are all that is left of it; @length if
 * there are none.
 */
gsize extents_find_zeros(const guint8 *data, gsize from, gsize length, gsize *zeros);

G_END_DECLS
