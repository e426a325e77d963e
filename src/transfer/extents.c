/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "transfer/extents.h"

static void
add_rounded(GArray *extents, guint64 *from, guint64 to, gboolean data)
{
    Extent extent = {*from, to - *from, data};

    g_array_append_val(extents, extent);
    *from = to;
}

void
extents_round(GArray *extents, guint64 start, guint64 end, guint64 head, guint64 unit)
{
    g_autoptr(GArray) found = g_array_copy(extents);
    guint64 from = start;

    g_array_set_size(extents, 0);
    if (from < head) {
        guint64 length = (MIN(head, end) - from + unit - 1) / unit * unit;

        add_rounded(extents, &from, MIN(from + length, end), TRUE);
    }
    for (guint i = 0; i < found->len && from < end; i++) {
        const Extent *extent = &g_array_index(found, Extent, i);
        guint64 last = extent->offset + extent->length;
        guint64 to = extent->data ? (last + unit - 1) / unit * unit : last / unit * unit;

        /* A hole that extends to the end of the file counts up to there, even if the end is not
         * aligned. */
        if (to > end || last == end)
            to = end;
        if (to > from)
            add_rounded(extents, &from, to, extent->data);
    }
    if (from < end)
        add_rounded(extents, &from, end, TRUE);
}

static gboolean
is_zero_block(const guint8 *data, gsize length)
{
    return length == 0 || (data[0] == 0 && memcmp(data, data + 1, length - 1) == 0);
}

gsize
extents_find_zeros(const guint8 *data, gsize from, gsize length, gsize *zeros)
{
    gsize start = from;
    gsize at = from;

    while (at < length) {
        gsize n = MIN(length - at, DIGEST_BLOCK);
        gboolean zero = is_zero_block(data + at, n);

        if (!zero && at - start >= EXTENTS_ZEROS_MIN)
            break;
        at += n;
        if (!zero)
            start = at;
    }
    *zeros = start == from || at - start >= EXTENTS_ZEROS_MIN ? at - start : 0;

    return *zeros > 0 ? start : length;
}
