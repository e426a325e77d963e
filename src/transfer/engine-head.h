/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/engine-item.h"

G_BEGIN_DECLS

/** engine_head_write: Overwrites the beginning of the sink of @item, which was cloned from the
 * source, with the item's head. */
gboolean engine_head_write(EngineItem *item, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** engine_head_apply: Overwrites in @buffer, which has the @length bytes of the source from @offset
 * on, the part that the head of @item replaces, if the item has a head. */
void engine_head_apply(const EngineItem *item, guint8 *buffer, guint64 offset, gsize length);

G_END_DECLS
