/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/sink.h"

G_BEGIN_DECLS

/**
 * resume_clear:
 * @sink: (transfer full) (nullable): a sink that an earlier run has left
 * @earlier: EngineSegment: what it is known to hold
 *
 * Makes the rest of @sink read as all zeros: a run that was killed may have left data where the
 * source has a hole by now, and the engine writes no zeros.
 *
 * Returns: @sink; NULL if it is NULL or cannot be cleared: the copy must begin anew.
 */
Sink *resume_clear(Sink *sink, const GArray *earlier) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
