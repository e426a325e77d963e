/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a program may use that reads a stranger's image for us. QEMU takes much of what stands in an
 * image's tables for granted, and an image of some kilobytes can have it work for days. */

typedef struct {
    guint64 memory; /* bytes of data (RLIMIT_DATA) */
    guint64 cpu;    /* seconds of processor time (RLIMIT_CPU); SIGXCPU ends what has used them */
} ChildLimits;

/**
 * child_limits_for:
 * @bytes: of data that there are to be worked on
 *
 * 2 GiB and 1/128 of the data; ten minutes of processor time and ten seconds for each GiB. QEMU
 * needs a hundredth of that for sound images, also for those with the smallest clusters. It is
 * processor time, so a busy machine or a slow disk takes nothing away from it.
 */
ChildLimits child_limits_for(guint64 bytes);

/**
 * child_limits_set:
 * For a child between fork and exec: calls only what is safe there.
 */
void child_limits_set(const ChildLimits *limits);

/**
 * child_limits_raise:
 * Gives the running process @pid the processor time of @limits (prlimit()).
 */
void child_limits_raise(int pid, const ChildLimits *limits);

G_END_DECLS
