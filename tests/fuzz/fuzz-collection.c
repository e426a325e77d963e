/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "collection/collection.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"collection/valid", "collection/canonical",
                                    "collection/invalid", NULL};

/* A collection that is accepted is formatted as a document that is parsed as the same collection,
 * and is formatted as the same document again. For any other input there is an error with one of
 * the expected codes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) parsed =
        virt_snap_collection_parse((const char *)data, size, &error);
    g_autoptr(VirtSnapCollection) again = NULL;
    g_autofree char *written = NULL;
    g_autofree char *rewritten = NULL;

    if (!parsed) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        return 0;
    }
    written = virt_snap_collection_format(parsed);
    again = virt_snap_collection_parse(written, strlen(written), &error);
    g_assert_no_error(error);
    rewritten = virt_snap_collection_format(again);
    g_assert_cmpstr(written, ==, rewritten);

    return 0;
}
