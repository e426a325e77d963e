/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* Big-endian numbers, as qcow2 stores them, read from and written to memory of any alignment. */

static inline guint16
get16(const guint8 *p)
{
    guint16 value;

    memcpy(&value, p, sizeof value);

    return GUINT16_FROM_BE(value);
}

static inline guint32
get32(const guint8 *p)
{
    guint32 value;

    memcpy(&value, p, sizeof value);

    return GUINT32_FROM_BE(value);
}

static inline guint64
get64(const guint8 *p)
{
    guint64 value;

    memcpy(&value, p, sizeof value);

    return GUINT64_FROM_BE(value);
}

static inline void
put32(guint8 *p, guint32 value)
{
    value = GUINT32_TO_BE(value);
    memcpy(p, &value, sizeof value);
}

static inline void
put64(guint8 *p, guint64 value)
{
    value = GUINT64_TO_BE(value);
    memcpy(p, &value, sizeof value);
}

G_END_DECLS
