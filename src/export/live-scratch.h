/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/control.h"

G_BEGIN_DECLS

/* The space that QEMU needs for what domains overwrite while they are captured. Where it runs out,
 * the guests' writes fail: so the export has to end before. Its workers cannot be counted on for
 * that, nor when it is cancelled: they may be waiting for a target that hangs. */

typedef struct LiveScratch LiveScratch;

/** Ends what needs the space. Called in a thread of its own. */
typedef void (*LiveScratchFunc)(gpointer data);

/**
 * live_scratch_watch:
 * @directories: (element-type utf8): to be watched; copied
 * @control: is failed with NO_SPACE when little is left in one of them
 * @func: called once the export has to end, whatever for
 *
 * Returns: owned by the caller; NO_SPACE if there is little already.
 */
LiveScratch *live_scratch_watch(GPtrArray *directories, Control *control, LiveScratchFunc func,
                                gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** live_scratch_free: Ends that, and waits for a call that is active. NULL is fine. */
void live_scratch_free(LiveScratch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveScratch, live_scratch_free)

G_END_DECLS
