/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * luks_payload_offset:
 * @fd: a file that is encrypted as a whole
 * @what: its path, for errors
 * @offset: (out): byte offset of the payload, which is the guest's disk
 *
 * Returns: FALSE with CORRUPT if the file has no LUKS version 1 header; QEMU opens no other
 * version. Source: the LUKS1 on-disk format.
 */
gboolean luks_payload_offset(int fd, const char *what, guint64 *offset, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
