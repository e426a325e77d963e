/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <sys/resource.h>

#include "util/child-limits.h"

#define GIB ((guint64)1 << 30)

ChildLimits
child_limits_for(guint64 bytes)
{
    return (ChildLimits){.memory = 2 * GIB + bytes / 128, .cpu = 600 + bytes / GIB * 10};
}

/* Sets only the soft limit, which is the one that the kernel enforces. A lowered hard limit could
 * not be raised again. */
static void
set_soft_limit(int pid, __rlimit_resource_t resource, guint64 value)
{
    struct rlimit limit;

    if (prlimit(pid, resource, NULL, &limit) < 0)
        return;
    limit.rlim_cur = MIN((rlim_t)value, limit.rlim_max);
    prlimit(pid, resource, &limit, NULL);
}

void
child_limits_set(const ChildLimits *limits)
{
    const struct rlimit none = {0, 0};

    set_soft_limit(0, RLIMIT_DATA, limits->memory);
    set_soft_limit(0, RLIMIT_CPU, limits->cpu);
    /* A process that is killed for exceeding a limit is not to leave a core dump. */
    setrlimit(RLIMIT_CORE, &none);
}

void
child_limits_raise(int pid, const ChildLimits *limits)
{
    set_soft_limit(pid, RLIMIT_CPU, limits->cpu);
}
