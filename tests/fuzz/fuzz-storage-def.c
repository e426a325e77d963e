/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/storage-def.h"
#include "tests/fuzz/fuzz.h"
#include "util/xml.h"

const char *const fuzz_corpora[] = {"storage/supported", "storage/refused", NULL};

/* A source that is accepted is a chain of files and block devices in which nothing is ignored.
 * Volumes are not resolved here. */
static void
assert_handled(const StorageDef *storage)
{
    const char *const handled[] = {"file", "block", NULL};

    for (; storage; storage = storage->backing) {
        g_assert_true(g_strv_contains(handled, storage->type));
        g_assert_nonnull(storage->path);
        g_assert_nonnull(storage->label);
        g_assert_null(storage->problem);
        g_assert_true(!storage->ends || !storage->backing);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = xml_parse((const char *)data, size, "fuzz", &error);
    g_autoptr(StorageDef) storage = NULL;

    if (!doc)
        return 0;
    storage = storage_def_parse(xmlDocGetRootElement(doc));
    g_assert_cmpuint(storage_def_depth(storage), >, 0);
    if (storage_def_check(storage, &error))
        assert_handled(storage);
    else
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);

    return 0;
}
