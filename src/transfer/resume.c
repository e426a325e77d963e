/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "transfer/engine-item.h"
#include "transfer/resume.h"

/* Returns: for each of the @n segments whether @earlier has it, owned by the caller. */
static guint8 *
known_segments(const GArray *earlier, gsize n)
{
    guint8 *known = g_malloc0(n + 1);

    for (guint i = 0; i < earlier->len; i++) {
        gsize index = g_array_index(earlier, EngineSegment, i).index;

        if (index < n)
            known[index] = TRUE;
    }

    return known;
}

static gboolean
clear_unknown(Sink *sink, const GArray *earlier, GError **error)
{
    gsize n = digest_n_segments(sink->size);
    g_autofree guint8 *known = known_segments(earlier, n);
    gsize end;

    for (gsize i = 0; i < n; i = end) {
        guint64 start = i * DIGEST_SEGMENT;

        for (end = i + 1; end < n && known[end] == known[i];)
            end++;
        if (!known[i] &&
            !sink->ops->clear(sink, start, MIN(end * DIGEST_SEGMENT, sink->size) - start, error))
            return FALSE;
    }

    return TRUE;
}

Sink *
resume_clear(Sink *sink, const GArray *earlier)
{
    g_autoptr(Sink) left = sink;
    g_autoptr(GError) error = NULL;

    if (!left)
        return NULL;
    if (left->ops->clear && clear_unknown(left, earlier, &error))
        return g_steal_pointer(&left);
    g_debug("%s: %s", left->what, error ? error->message : "cannot be cleared");

    return NULL;
}
