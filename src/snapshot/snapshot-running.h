/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/**
 * snapshot_mark_running:
 * @domain: a name
 * @snapshot: of it, its current one
 *
 * Has the hypervisor record of @snapshot that the domain ran. It was paused only while the snapshot
 * was taken, by us, and whoever goes back to it wants it to run.
 */
gboolean snapshot_mark_running(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
