/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "image/backing-reference.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"backing-reference/valid", "backing-reference/invalid", NULL};

/* A reference that is accepted is a path that QEMU takes for nothing else; for any other there is
 * an error. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(BackingReference) reference = backing_reference_parse(text, "fuzz", &error);

    g_assert_true((reference == NULL) == (error != NULL));
    if (!reference) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
        return 0;
    }
    g_assert_true(!strchr(reference->path, ':') || strchr(reference->path, '/'));
    g_assert_true(!reference->format || g_str_equal(reference->format, "qcow2") ||
                  g_str_equal(reference->format, "raw"));
    if (g_str_has_prefix(text, "json:") || g_str_has_prefix(text, "file:"))
        g_assert_true(g_path_is_absolute(reference->path));

    return 0;
}
