/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/control.h"

G_BEGIN_DECLS

/* The space that QEMU needs for what domains overwrite while they are captured. Where it runs out,
 * the guests' writes fail: so the export has to end before. */

typedef struct LiveScratch LiveScratch;

/**
 * live_scratch_watch:
 * @directories: (element-type utf8): to be watched; copied
 * @control: is failed with NO_SPACE when little is left in one of them
 *
 * Returns: owned by the caller; NO_SPACE if there is little already.
 */
LiveScratch *live_scratch_watch(GPtrArray *directories, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** live_scratch_free: Ends that. NULL is fine. */
void live_scratch_free(LiveScratch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveScratch, live_scratch_free)

G_END_DECLS
