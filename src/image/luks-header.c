/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "image/luks-header.h"
#include "util/big-endian.h"

#define MAGIC "LUKS\xba\xbe"
#define MAGIC_BYTES 6
#define LUKS_VERSION 1
#define PAYLOAD_AT 104
#define SECTOR ((guint64)512)

gboolean
luks_payload_offset(int fd, const char *what, guint64 *offset, GError **error)
{
    guint8 head[PAYLOAD_AT + 4];
    ssize_t n = pread(fd, head, sizeof head, 0);

    if (n == (ssize_t)sizeof head && memcmp(head, MAGIC, MAGIC_BYTES) == 0 &&
        get16(head + MAGIC_BYTES) == LUKS_VERSION) {
        *offset = get32(head + PAYLOAD_AT) * SECTOR;
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The domain's XML says that '%s' is encrypted by LUKS, but it does not begin "
                  "like a LUKS image of version 1"),
                what);

    return FALSE;
}
