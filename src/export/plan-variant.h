/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/**
 * plan_format:
 * @path: (nullable): the directory that the export would have
 *
 * The plan of an export as a dictionary: what the command shows, and the service sends.
 *
 * Returns: (transfer floating): a{sv}: "export", "collection", "snapshot", "base" (s) where there
 * are such, "bytes" (t), "warnings" (as), "domains" (aa{sv}): each with "name", "uuid" (s) and
 * "snapshots" (aa{sv}: "name", "kind", "consistency", "reason" (s), "created" (x), "memory" (b) and
 * "disks" (aa{sv}: "target", "device", "snapshot", "layer", "image", "internal", "recorded",
 * "source", "checkpoint" (s))), "layers" (aa{sv}): each with "file", "way", "format", "source",
 * "backing", "since" (s), "capacity", "bytes" (t) and "users" (u), and "files" (aa{sv}: "path",
 * "role", "source" (s), "bytes" (t)).
 */
GVariant *plan_format(const Plan *plan, const char *path);

G_END_DECLS
