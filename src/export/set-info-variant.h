/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/set-info.h"

G_BEGIN_DECLS

/* What there is of snapshot collections as dictionaries: what the command shows, whether it asks by
 * itself or has the service ask. */

/**
 * set_info_format:
 * @snapshot: the name of the set
 *
 * Returns: (transfer floating): a{sv}: "name", "status" ("complete", "partial", "changed"),
 * "consistency" (s): the weakest of its members, "taken" (x, seconds since the epoch), "adopted",
 * "unfinished" (b); of one that virtsnap made "made" (x), "by" (s), "window_ms" (u) and
 * "reference-point" (b), with which "converting" (b): that it is becoming one was interrupted;
 * "changes" (as); "unseen" (s) if the images could not be looked at; and "members" (aa{sv}): each
 * with "domain", "consistency" (s), "there" (b), of a member of the record "asked", "reason" (s)
 * and "frozen_ms" (u), and where it is there "uuid", "kind", "state", "parent", "memory" (s),
 * "taken" (x) and "disks" (aa{sv}: "target", "device", "type", "snapshot", "source" (s)).
 */
GVariant *set_info_format(const SetInfo *info, const char *snapshot);

/**
 * set_info_list:
 * @collection: its name
 *
 * Returns: (transfer full): aa{sv}: all snapshot collections of @collection, each as
 * set_info_format() has it but for what only the images tell: its "status" is never "changed", and
 * there are no "changes" and no "members". One that is gone meanwhile is left out.
 */
GVariant *set_info_list(Hypervisor *hypervisor, const char *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
