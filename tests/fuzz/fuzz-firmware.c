/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/firmware.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"firmware/valid", "firmware/invalid", NULL};

/* A descriptor that is accepted has all that its device needs, by absolute paths; for any other
 * there is an error. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Firmware) firmware = firmware_parse((const char *)data, size, "fuzz", &error);

    g_assert_true((firmware == NULL) == (error != NULL));
    if (!firmware) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        return 0;
    }
    g_assert_true(!firmware->executable || g_path_is_absolute(firmware->executable));
    g_assert_true(!firmware->variables || g_path_is_absolute(firmware->variables));
    g_assert_true(!firmware->executable == !firmware->format);
    g_assert_true(!firmware->variables == !firmware->variables_format);
    for (guint i = 0; i < firmware->targets->len; i++)
        g_assert_nonnull(
            ((const FirmwareTarget *)g_ptr_array_index(firmware->targets, i))->architecture);
    (void)firmware_runs_on(firmware, "x86_64", "pc-q35-7.2");

    return 0;
}
