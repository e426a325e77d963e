/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "bus/bus-path.h"

static void
test_round_trip(void)
{
    static const char *const names[] = {"shop", "a_b", "with space", "Größe/日本", "-dash",
                                        "_", "a&b<c>\"'"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *element = bus_path_escape(names[i]);
        g_autofree char *name = bus_path_unescape(element);
        g_autofree char *path = bus_path_snapshot(names[i], "snap 1");
        g_autofree char *collection = NULL;
        g_autofree char *snapshot = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_cmpstr(name, ==, names[i]);
        g_assert_true(g_variant_is_object_path(path));
        g_assert_true(bus_path_parse_snapshot(path, &collection, &snapshot, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(collection, ==, names[i]);
        g_assert_cmpstr(snapshot, ==, "snap 1");
    }
}

static void
test_known(void)
{
    g_autofree char *collection = bus_path_collection("web shop");
    g_autofree char *snapshot = bus_path_snapshot("shop", "snap-1");

    g_assert_cmpstr(collection, ==, "/org/virtsnap1/collection/web_20shop");
    g_assert_cmpstr(snapshot, ==, "/org/virtsnap1/snapshot/shop/snap_2d1");
}

static void
test_refused(void)
{
    static const char *const paths[] = {
        "/",
        "/org/virtsnap1/snapshot",
        "/org/virtsnap1/snapshot/shop",
        "/org/virtsnap1/snapshot/shop/a/b",
        "/org/virtsnap1/snapshotter/shop/a",
        "/org/virtsnap1/snapshot/shop/a_zz", /* no hexadecimal digits */
        "/org/virtsnap1/snapshot/shop/a_2",  /* cut short */
        "/org/virtsnap1/snapshot/shop/_61",  /* 'a' needs no escape */
        "/org/virtsnap1/snapshot/shop/a_2D", /* another spelling of a-  */
        "/org/virtsnap1/snapshot/shop/a_00", /* no text */
        "/org/virtsnap1/snapshot/shop/_ff",  /* no UTF-8 */
        "/org/virtsnap1/snapshot/shop/_",    /* an empty name */
        "/org/virtsnap1/snapshot/shop/a_0a", /* a control character */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *collection = NULL;
        g_autofree char *snapshot = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", paths[i]);
        g_assert_false(bus_path_parse_snapshot(paths[i], &collection, &snapshot, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bus-path/round-trip", test_round_trip);
    g_test_add_func("/bus-path/known", test_known);
    g_test_add_func("/bus-path/refused", test_refused);

    return g_test_run();
}
