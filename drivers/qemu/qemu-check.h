/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * qemu_check_image:
 * @fd: a qcow2 image, open for reading
 * @what: its path, for errors
 *
 * Runs `qemu-img check` on the image alone, without following its backing reference. Leaked
 * clusters are not damage. The resources of QEMU are limited (child_limits_for()), and only a few
 * KiB of its output are kept. Returns: FALSE with CORRUPT and QEMU's message if there is damage;
 * FAILED or TIMEOUT if the check could not be completed.
 */
gboolean qemu_check_image(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
