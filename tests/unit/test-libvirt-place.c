/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "drivers/libvirt/libvirt-place.h"

static void
test_is_embedded(void)
{
    static const struct {
        const char *uri;
        gboolean embedded;
    } table[] = {
        {"qemu:///embed", TRUE},
        {"qemu:///embed?root=/x", TRUE},
        {"qemu:///embed?root=/x/system", TRUE},
        {"secret:///embed?root=/x", TRUE},
        /* The query of a URI is not part of its path. */
        {"qemu:///system?keyfile=/x/embed/key", FALSE},
        {"qemu:///system?socket=/embed", FALSE},
        {"qemu+ssh://host/system?keyfile=/x/embed/key", FALSE},
        {"qemu:///system#/embed", FALSE},
        {"qemu:///embedded", FALSE},
        {"qemu:///x/embed", FALSE},
        {"qemu:///embed/x", FALSE},
        {"test:///x/embed", FALSE},
        {"esx://embed/", FALSE},
        {"qemu://embed/system", FALSE},
        /* With a transport or a host a daemon answers, whatever the path is. */
        {"qemu+ssh://host/embed", FALSE},
        {"qemu://host/embed?root=/x", FALSE},
        {"qemu+unix:///embed", FALSE},
        {"qemu:///system", FALSE},
        {"test:///default", FALSE},
        {"embed", FALSE},
        {"/embed", FALSE},
        {"", FALSE},
        {NULL, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("%s", table[i].uri ? table[i].uri : "(none)");
        g_assert_cmpint(libvirt_uri_is_embedded(table[i].uri), ==, table[i].embedded);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/libvirt-place/is-embedded", test_is_embedded);

    return g_test_run();
}
