/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "util/format.h"

char *
format_bytes(guint64 bytes)
{
    return g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
}

/* The power of two that @suffix multiplies by, or -1. */
static int
suffix_shift(const char *suffix)
{
    static const char letters[] = "KMGT";
    const char *letter;

    if (*suffix == '\0')
        return 0;
    letter = strchr(letters, g_ascii_toupper(*suffix));
    if (!letter || suffix[1] != '\0')
        return -1;

    return 10 * (int)(letter - letters + 1);
}

gboolean
format_parse_bytes(const char *text, const char *what, guint64 *bytes, GError **error)
{
    gsize digits = strspn(text, "0123456789");
    g_autofree char *number = g_strndup(text, digits);
    int shift = suffix_shift(text + digits);
    guint64 value;

    if (digits == 0 || shift < 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("%s: '%s' is not a number of bytes; write digits, with K, M, G or T "
                      "behind them if wanted"),
                    what, text);
        return FALSE;
    }
    if (!g_ascii_string_to_unsigned(number, 10, 0, G_MAXUINT64 >> shift, &value, NULL)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("%s: '%s' is too large"), what, text);
        return FALSE;
    }

    *bytes = value << shift;
    return TRUE;
}

char *
format_time(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

    if (!time)
        return g_strdup("?");

    return g_date_time_format_iso8601(time);
}

char *
format_time_name(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

    return time ? g_date_time_format(time, "%Y%m%dT%H%M%SZ") : g_strdup("?");
}
