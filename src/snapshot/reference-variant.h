/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/reference-point.h"

G_BEGIN_DECLS

/**
 * reference_points_format:
 * @points: (element-type ReferencePoint): as reference_point_list() has them
 *
 * Returns: (transfer floating): aa{sv}: what the command shows, whether it asks by itself or has
 * the service ask: each with "name" (s), "whole" (b) and "members" (aa{sv}): "domain", "state" (s),
 * where they are known "reason" (s) and "created" (x, seconds since the epoch); one that an export
 * made also with "export" and "export-state" (s).
 */
GVariant *reference_points_format(GPtrArray *points);

G_END_DECLS
