/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-prune.h"

G_BEGIN_DECLS

/* The options and the report of a pruning as GVariant, for programs and for callers on the bus. */

/**
 * prune_order_parse:
 * @options: (nullable): a{sv}: "collection" (s), "keep-last", "keep-daily", "keep-weekly",
 * "keep-monthly", "keep-yearly" (u), "dry-run" (b)
 * @order: (out): its collection is a part of @options; its directory is left alone
 *
 * Returns: FALSE with INVALID_PARAMETER naming the key that is unknown, there twice, of another
 * type, or out of range.
 */
gboolean prune_order_parse(GVariant *options, PruneOrder *order, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** prune_order_format: Returns: (transfer floating): the options by which prune_order_parse() has
 * @order again, but for its directory. */
GVariant *prune_order_format(const PruneOrder *order);

/**
 * prune_report_format:
 * Returns: (transfer floating): a{sv}: "freed" (t), and "kept", "removed", "left" and "failed"
 * (aa{sv}), each with "export" (s) and, where they are known or make sense, "collection",
 * "snapshot" (s), "created" (x, seconds since the epoch), "reasons" (as), "freed" (t) and
 * "problem" (s).
 */
GVariant *prune_report_format(const PruneReport *report);

/** prune_report_parse: Returns: the report that prune_report_format() has made @value of, owned by
 * the caller. */
PruneReport *prune_report_parse(GVariant *value);

G_END_DECLS
