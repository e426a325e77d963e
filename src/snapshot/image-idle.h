/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * image_is_idle:
 * @path: the image of a disk of a domain that is shut off
 *
 * A domain that was migrated keeps its definition on the host that it left, shut off, and writes to
 * its images from another one. Returns: FALSE with IN_USE if another process writes to the image,
 * by QEMU's lock on it; whatever else is wrong with the image others find.
 */
gboolean image_is_idle(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
