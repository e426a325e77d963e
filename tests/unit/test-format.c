/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "util/format.h"

static void
test_parse(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint64 bytes;
    } table[] = {
        {"0", TRUE, 0},
        {"100", TRUE, 100},
        {"4K", TRUE, 4096},
        {"4k", TRUE, 4096},
        {"2M", TRUE, 2 << 20},
        {"3G", TRUE, G_GUINT64_CONSTANT(3) << 30},
        {"1T", TRUE, G_GUINT64_CONSTANT(1) << 40},
        {"18446744073709551615", TRUE, G_MAXUINT64},
        {"18446744073709551616", FALSE, 0},
        {"16777216T", FALSE, 0},
        {"", FALSE, 0},
        {"K", FALSE, 0},
        {"-1", FALSE, 0},
        {"1KB", FALSE, 0},
        {"1.5G", FALSE, 0},
        {" 1", FALSE, 0},
        {"0x10", FALSE, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        guint64 bytes = 0;

        g_assert_cmpint(format_parse_bytes(table[i].text, "--bandwidth", &bytes, &error), ==,
                        table[i].ok);
        g_assert_cmpuint(bytes, ==, table[i].bytes);
        if (!table[i].ok) {
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
            g_assert_true(g_str_has_prefix(error->message, "--bandwidth: "));
        }
    }
}

static void
test_time(void)
{
    g_autofree char *epoch = format_time(0);
    g_autofree char *beyond = format_time(G_MAXINT64);

    g_assert_cmpstr(epoch, ==, "1970-01-01T00:00:00Z");
    g_assert_cmpstr(beyond, ==, "?");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/format/parse-bytes", test_parse);
    g_test_add_func("/format/time", test_time);
    return g_test_run();
}
