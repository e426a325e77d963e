/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/snapshot-ops.h"

void
snapshot_look_free(SnapshotLook *look)
{
    if (!look)
        return;
    g_free(look->name);
    g_free(look->uuid);
    g_free(look->xml);
    g_clear_pointer(&look->snapshots, g_ptr_array_unref);
    g_clear_pointer(&look->block_jobs, g_ptr_array_unref);
    g_free(look);
}
