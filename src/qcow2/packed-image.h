/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The properties of a compressed image that is to be written. */
typedef struct {
    guint64 size;               /* virtual size in bytes */
    int level;                  /* compression level of zstd, 1..22 */
    gboolean digest;            /* whether to compute the digest */
    const char *backing_name;   /* (nullable): backing image, which provides unallocated clusters */
    const char *backing_format; /* its format, or NULL */
} PackedImage;

G_END_DECLS
