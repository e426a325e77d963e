/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/**
 * snapshot_list_common:
 * @domains: (element-type utf8): the members of a collection
 *
 * Returns: (element-type utf8): the names of the snapshots that every one of @domains has, in the
 * order in which the first one has them, parents before children; owned by the caller.
 */
GPtrArray *snapshot_list_common(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
