/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * extents_round:
 * @extents: (element-type Extent): the extents of a source in @start .. @end
 * @head: length of the head that replaces the first bytes of the source
 * @unit: bytes
 *
 * Rounds the extents to whole units: a unit that has any data, or any byte of the head, becomes
 * data.
 */
void extents_round(GArray *extents, guint64 start, guint64 end, guint64 head, guint64 unit);

/** Shorter runs of zeros are written, because a hole for each of them would cost more than it
 * saves. */
#define EXTENTS_ZEROS_MIN ((gsize)64 << 10)

/**
 * extents_find_zeros:
 * @from, @length: where to search, and the length of @data; @from is a multiple of 4096
 * @zeros: (out): the length of the run of zeros, 0 if there is none
 *
 * Finds the first run of at least EXTENTS_ZEROS_MIN bytes of zeros that begins at a multiple of
 * 4096 from @from on; a shorter run counts if it extends to the end of @data. Returns: where it
 * begins in @data; @length if there is none.
 */
gsize extents_find_zeros(const guint8 *data, gsize from, gsize length, gsize *zeros);

G_END_DECLS
