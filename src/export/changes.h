/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/content-nodes.h"
#include "transfer/control.h"
#include "transfer/sink.h"
#include "transfer/source.h"
#include "util/ranked-bits.h"

G_BEGIN_DECLS

/* The parts of a disk that differ from an earlier export of it. They are found by comparing with
 * that export (changes_sink_new()), or reported by changes_add(), as from a dirty bitmap. They
 * become one layer on top of the earlier export: changes_source_new() provides the disk as
 * open_above() of the drivers and a compressing sink expect it. */

/** Granularity of changes in bytes. */
#define CHANGES_UNIT ((guint64)64 << 10)

typedef struct Changes Changes;

/** changes_new: Returns: an empty set of changes of a disk of @size bytes, owned by the caller;
 * NULL with an error if there is not enough memory. @what names the disk in the error. */
Changes *changes_new(guint64 size, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

Changes *changes_ref(Changes *self);
void changes_unref(Changes *self);

/** changes_add: Adds the @length bytes at @offset, which may have changed. May be called from any
 * thread. */
void changes_add(Changes *self, guint64 offset, guint64 length);

/** changes_has: Returns: whether the unit at @offset may have changed. To be called when all
 * changes are known, as is the next one. */
gboolean changes_has(Changes *self, guint64 offset);

/** changes_units: Returns: (transfer none): the units that may have changed, by their number. To be
 * called when all changes are known. */
const RankedBits *changes_units(Changes *self);

/** changes_bytes: Returns: the number of changed bytes, in whole units. To be called when all
 * changes are known. */
guint64 changes_bytes(Changes *self);

/**
 * changes_sink_new:
 * @base: (transfer full): the former content of the disk, which may have another size: behind its
 * end it counts as zeros
 * @nodes: (nullable): of the disk, and of @base; must stay valid, as the next one
 * @control: can cancel the comparison
 *
 * Returns: a sink, owned by the caller, that adds to @self everything written to it that differs
 * from @base. Where neither has data, nothing is read, and of @base nothing that @nodes know to be
 * the same. The engine's item must not want a digest.
 */
Sink *changes_sink_new(Changes *self, Source *base, ContentNodes *nodes, Control *control);

/**
 * changes_source_new:
 * @disk: (transfer full): the present content of the disk
 *
 * Returns: a source of @disk in which only the changes are data and everything else is a hole,
 * owned by the caller. Zeros that replace other data are a change and are read as zeros.
 */
Source *changes_source_new(Changes *self, Source *disk);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Changes, changes_unref)

G_END_DECLS
