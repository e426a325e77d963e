/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/snapshot-def.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"snapshot/valid", "snapshot/invalid", NULL};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) paths_error = NULL;
    g_autoptr(SnapshotDef) def = snapshot_def_parse(text, "fuzz", &error);
    g_autoptr(GPtrArray) paths = domain_image_paths(text, NULL, &paths_error);

    g_assert_true((def == NULL) == (error != NULL));
    g_assert_true((paths == NULL) == (paths_error != NULL));
    if (!def)
        return 0;
    g_assert_nonnull(def->name);
    g_assert_nonnull(def->domain_xml);
    g_assert_nonnull(snapshot_def_kind(def));
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);

        g_assert_true(disk->target && disk->device && disk->storage);
        /* Every disk that can be opened has a name for messages. */
        g_assert_true(!disk->storage->path || !disk_def_is_empty(disk));
        g_assert_nonnull(snapshot_location_name(disk->location));
    }

    return 0;
}
