/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/engine-item.h"

G_BEGIN_DECLS

/** engine_head_write: Writes the head of @item over what its sink has cloned. */
gboolean engine_head_write(EngineItem *item, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** engine_head_apply: Puts what of the head of @item, if it has one, belongs at @offset into
 * @buffer, which has @length bytes from there on. */
void engine_head_apply(const EngineItem *item, guint8 *buffer, guint64 offset, gsize length);

G_END_DECLS
