/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <sys/mman.h>

#include "image/save-image.h"
#include "tests/fuzz/fuzz.h"
#include "util/fd.h"

const char *const fuzz_corpora[] = {"save-image", NULL};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_fd fd = memfd_create("fuzz", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;
    g_autofree char *uuid = NULL;

    g_assert_true(fd_pwrite_all(fd, data, size, 0, "fuzz", NULL));
    uuid = save_image_uuid(fd, "fuzz", &error);
    if (uuid)
        g_assert_true(size > 92);
    else
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);

    return 0;
}
