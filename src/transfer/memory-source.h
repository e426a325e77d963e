/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * memory_source_new:
 * @bytes: the content; the source keeps a reference
 * @what: its name in errors
 *
 * A source whose bytes are in memory, so that small documents are written, hashed and made durable
 * by the same engine as the images.
 * Returns: owned by the caller.
 */
Source *memory_source_new(GBytes *bytes, const char *what) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
