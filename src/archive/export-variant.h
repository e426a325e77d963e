/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-list.h"

G_BEGIN_DECLS

/* Exports as dictionaries: what the command shows, programs get, and the service sends. */

/**
 * export_list_format:
 * @exports: (element-type FoundExport): from export_list()
 *
 * Returns: (transfer floating): aa{sv}: each with "export" (s): its path, "complete", "protected"
 * (b), "problem" (s) if it is not complete, and where its manifest can be read "collection",
 * "snapshot", "host", "base", "base-snapshot" (s) if there are such, "created" (x, seconds since
 * the epoch) if it is known, "domains" (u), "consistency" (s): the weakest of its domains,
 * "bytes" (t): the size of its files, and "own" and "shared" (t): what they take on the disk, alone
 * and together with other exports.
 */
GVariant *export_list_format(const GPtrArray *exports);

/**
 * export_info_format:
 * Returns: (transfer floating): a{sv}: "collection", "snapshot", "host", "base" (s) and "created"
 * (x) as export_list_format() has them, "bytes" (t), "warnings" (as), "domains" (aa{sv}): each with
 * "name", "uuid", "directory" (s) and "snapshots" (aa{sv}: "name", "kind", "consistency", "reason"
 * (s), "created" (x), "memory" (b), "disks" (aa{sv}: "target", "device", "layer", "internal",
 * "recorded", "source", "checkpoint" (s))), and "files" (aa{sv}): each with "path", "role" (s),
 * "bytes" (t), "digest" (s), and of an image "format", "backing", "source" (s), "capacity" (t),
 * "flattened", "linked" (b).
 */
GVariant *export_info_format(const Manifest *manifest);

/** export_info_load: Reads the manifest of the export @path. Returns: what export_info_format()
 * makes of it, owned by the caller; NULL with NOT_FOUND, or CORRUPT if it is no export. */
GVariant *export_info_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
