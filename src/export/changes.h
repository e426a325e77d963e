/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/control.h"
#include "transfer/sink.h"
#include "transfer/source.h"

G_BEGIN_DECLS

/* Which parts of a disk are not as in an earlier export of it. They are found by comparing with
 * what that holds (changes_sink_new()), or told by who knows (changes_add(), as from a dirty
 * bitmap), and become one layer on top of the earlier export's: changes_source_new() is the disk
 * as open_above() of the drivers, and a compressing sink, want it. */

/** The parts that are told apart, and what a layer of changes consists of. */
#define CHANGES_UNIT ((guint64)64 << 10)

typedef struct Changes Changes;

/** changes_new: Returns: those of a disk of @size bytes, none so far; owned by the caller. NULL if
 * there is not enough memory; @what names the disk in the error. */
Changes *changes_new(guint64 size, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

Changes *changes_ref(Changes *self);
void changes_unref(Changes *self);

/** changes_add: What is at @offset, @length bytes of it, may be another than it was. May be called
 * from any thread. */
void changes_add(Changes *self, guint64 offset, guint64 length);

/** changes_bytes: Returns: how many bytes have changed, in whole parts. Once all are known. */
guint64 changes_bytes(Changes *self);

/**
 * changes_sink_new:
 * @base: (transfer full): the disk as it was, which may have had another size: what it does not
 * reach to was zeros
 * @control: lets it be cancelled; must stay
 *
 * Returns: a sink, owned by the caller, that adds to @self whatever the engine gives it and is not
 * the same in @base. Where neither has data, nothing is read. The item is to want no digest.
 */
Sink *changes_sink_new(Changes *self, Source *base, Control *control);

/**
 * changes_source_new:
 * @disk: (transfer full): the disk as it is now
 *
 * Returns: the same, owned by the caller, of which only the changes are data: a hole is what has
 * not changed. Zeros in place of something else are a change, and are read as zeros.
 */
Source *changes_source_new(Changes *self, Source *disk);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Changes, changes_unref)

G_END_DECLS
