/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What a compressed image is to be like. */
typedef struct {
    guint64 size;               /* of the disk, bytes */
    int level;                  /* of zstd, 1..22 */
    gboolean digest;            /* whether its digest is wanted */
    const char *backing_name;   /* (nullable): what is absent is of this image */
    const char *backing_format; /* of that, or NULL */
} PackedImage;

G_END_DECLS
