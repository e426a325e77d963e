/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * qemu_check_image:
 * @fd: a qcow2 image, open for reading
 * @what: its name, for errors
 *
 * Runs `qemu-img check` on the image alone: no reference in its header is followed. Clusters that
 * nobody uses are no damage. What QEMU may use is limited (child_limits_for()), and no more than
 * some KiB of what it says is kept. Returns: FALSE with CORRUPT and what QEMU said if there is
 * damage; FAILED or TIMEOUT if it could not say.
 */
gboolean qemu_check_image(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
