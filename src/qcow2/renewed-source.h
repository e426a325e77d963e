/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/sink.h"
#include "transfer/source.h"
#include "util/ranked-bits.h"

G_BEGIN_DECLS

/* A generated qcow2 image: the same file as an earlier image of a disk that virtsnap wrote, with
 * what has changed on the disk since then. Each cluster that the earlier image has stays where it
 * is, so that all else can be shared with it, and what is new is behind its end. A cluster that
 * reads as zeros now is marked so and keeps its place for later. */

/**
 * renewed_source_new:
 * @fd: the earlier image, open for reading; must stay open meanwhile
 * @image: (transfer full): the same, as a source of its bytes
 * @disk: (transfer full): the present content of the disk
 * @changed: the clusters of the disk (of 64 KiB) that have changed; must stay
 *
 * Reads all tables of the image. Returns: owned by the caller; NULL with NOT_SUPPORTED if they are
 * not as virtsnap writes them, the disk has become smaller, or what has changed is so much, or the
 * disk has grown so much, that the tables would have to be laid out anew.
 */
Source *renewed_source_new(int fd, Source *image, Source *disk, const RankedBits *changed,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** renewed_source_differs: Returns: whether any of the bytes @from .. @to - 1 of the file, or their
 * number, is another one than in the earlier image. */
gboolean renewed_source_differs(const Source *source, guint64 from, guint64 to);

/**
 * renewed_sink_new:
 * @file: (transfer full): a sink that shares the blocks of the earlier image
 * @source: what will be written to it; must stay
 *
 * Takes from the file what is not to be shared. Returns: a sink, owned by the caller, that writes
 * of @source only what is not shared.
 */
Sink *renewed_sink_new(Sink *file, const Source *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** renewed_sink_shared: Returns: how many of the bytes that it was given it had already. */
guint64 renewed_sink_shared(const Sink *sink);

G_END_DECLS
