/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/** format_bytes: Returns: @bytes for people, as "3.2 GiB", owned by the caller. */
char *format_bytes(guint64 bytes);

/**
 * format_parse_bytes:
 * @text: decimal digits, optionally followed by K, M, G or T (powers of 1024)
 * @what: the option or element that @text stands in, for the error
 * @bytes: (out): the number of bytes
 *
 * Returns: FALSE with INVALID_PARAMETER if @text is no such number or does not fit.
 */
gboolean format_parse_bytes(const char *text, const char *what, guint64 *bytes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** format_time_name: Returns: @seconds since the epoch as a name, YYYYMMDDTHHMMSSZ, owned by the
 * caller. */
char *format_time_name(gint64 seconds);

/** format_time: Returns: @seconds since the epoch as ISO 8601 in UTC, owned by the caller. */
char *format_time(gint64 seconds);

G_END_DECLS
