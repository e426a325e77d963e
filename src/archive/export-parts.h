/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-keep.h"
#include "archive/manifest.h"

G_BEGIN_DECLS

/* What an export has of its collection: the members, and the disks of each. Exports of one
 * collection need not have the same: there are those of the configuration only, disks that are
 * left out, members that come and go. So rules are applied to each part by itself: an export takes
 * the place of an older one only as far as it has what that has, or that is not there any more. */

/** The parts of an export, by names that they have in each export of the collection. */
typedef GHashTable ExportParts;

/** export_parts_new: Returns: the parts of an export, owned by the caller. */
ExportParts *export_parts_new(const Manifest *manifest);

/** export_parts_only_left_out: Returns: whether disks of the export were left out, and it has the
 * content of none. */
gboolean export_parts_only_left_out(const Manifest *manifest);

/** What keeps an export beside the rules: it has the newest state of a part. */
#define KEEP_ONLY_HERE (1u << KEEP_RULES)

/** An export as the rules see it. */
typedef struct {
    gint64 time; /* seconds since the epoch */
    ExportParts *parts;
} KeepExport;

/**
 * export_parts_keep:
 * @exports: (array length=n): those of one collection, newest first
 * @zone: time zone of the days, weeks, months and years
 * @kept: (array length=n) (out caller-allocates): for each export the rules that keep it, as bits 1
 * << KeepRule, and KEEP_ONLY_HERE; 0: none
 */
void export_parts_keep(const KeepRules *rules, const KeepExport *exports, gsize n,
                       GTimeZone *zone, guint *kept);

G_END_DECLS
