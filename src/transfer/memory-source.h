/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * memory_source_new:
 * @bytes: what it holds; a reference is kept
 * @what: what to call it in errors
 *
 * Lets a text go the way of the images: written, hashed and made durable by the same workers.
 * Returns: owned by the caller.
 */
Source *memory_source_new(GBytes *bytes, const char *what) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
