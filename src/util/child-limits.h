/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Resource limits for a child process that reads an image of unknown origin. QEMU trusts much of
 * what the image's tables say, and a crafted image of a few kilobytes can keep it busy for days. */

typedef struct {
    guint64 memory; /* bytes of data (RLIMIT_DATA) */
    guint64 cpu;    /* seconds of processor time (RLIMIT_CPU); SIGXCPU kills the process that
                     * exceeds them */
} ChildLimits;

/**
 * child_limits_for:
 * @bytes: size of the data that the child will process
 *
 * The memory limit is 2 GiB plus 1/128 of the data; the time limit is ten minutes of processor time
 * plus ten seconds for each GiB. QEMU needs a hundredth of that for sound images, including those
 * with the smallest clusters. Only processor time counts, so a busy machine or a slow disk does not
 * use it up.
 */
ChildLimits child_limits_for(guint64 bytes);

/**
 * child_limits_set:
 * Sets @limits for the calling process. To be called in a child between fork and exec: it makes
 * async-signal-safe calls only.
 */
void child_limits_set(const ChildLimits *limits);

/**
 * child_limits_raise:
 * Gives the running process @pid the processor time of @limits (prlimit()).
 */
void child_limits_raise(int pid, const ChildLimits *limits);

G_END_DECLS
