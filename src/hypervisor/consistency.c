/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/consistency.h"

static const char *const names[] = {
    [CONSISTENCY_UNKNOWN] = "unknown",
    [CONSISTENCY_CRASH] = "crash",
    [CONSISTENCY_APPLICATION] = "application",
    [CONSISTENCY_MEMORY] = "memory",
    [CONSISTENCY_OFFLINE] = "offline",
};

static const char *const reasons[] = {
    [CONSISTENCY_REASON_NONE] = NULL,
    [CONSISTENCY_REASON_NO_AGENT] = "no-agent",
    [CONSISTENCY_REASON_AGENT_TIMEOUT] = "agent-timeout",
    [CONSISTENCY_REASON_FREEZE_FAILED] = "freeze-failed",
    [CONSISTENCY_REASON_THAWED_EARLY] = "thawed-early",
    [CONSISTENCY_REASON_SAVED] = "saved",
};

static gboolean
find_name(const char *const *table, gsize n, const char *name, guint *found)
{
    for (gsize i = 0; i < n; i++) {
        if (g_strcmp0(table[i], name) == 0) {
            *found = i;
            return TRUE;
        }
    }

    return FALSE;
}

const char *
consistency_name(Consistency consistency)
{
    return names[consistency];
}

gboolean
consistency_parse(const char *name, Consistency *consistency)
{
    guint found = 0;
    gboolean known = find_name(names, G_N_ELEMENTS(names), name, &found);

    *consistency = found;

    return known;
}

const char *
consistency_reason_name(ConsistencyReason reason)
{
    return reasons[reason];
}

gboolean
consistency_reason_parse(const char *name, ConsistencyReason *reason)
{
    guint found = 0;
    gboolean known = find_name(reasons, G_N_ELEMENTS(reasons), name, &found);

    *reason = found;

    return known;
}
