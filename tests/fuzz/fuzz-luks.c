/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <sys/mman.h>

#include "image/luks-header.h"
#include "tests/fuzz/fuzz.h"
#include "util/fd.h"

const char *const fuzz_corpora[] = {"luks", NULL};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_fd fd = memfd_create("fuzz", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;
    guint64 offset = 0;

    g_assert_true(fd_pwrite_all(fd, data, size, 0, "fuzz", NULL));
    if (luks_payload_offset(fd, "fuzz", &offset, &error))
        g_assert_true(size >= 108 && offset % 512 == 0);
    else
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);

    return 0;
}
