/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "drivers/libvirt/libvirt-hypervisor.h"

/* Handlers of errors belong to the program that the library is part of: it finds its own ones as
 * it had set them, and does not hear of what a call has told its caller already. */

static void
count_error(void *data, virErrorPtr error)
{
    g_test_message("libvirt: %s", error->message);
    (*(guint *)data)++;
}

static void
ask_for_nothing(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Hypervisor) hypervisor = libvirt_hypervisor_open("test:///default", &error);

    g_assert_no_error(error);
    g_assert_null(hypervisor->ops->list_snapshots(hypervisor, "nobody", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(hypervisor->ops->find_domain(hypervisor, "nobody", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(hypervisor->ops->resolve(hypervisor, "test", "none", TRUE, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

static void
test_kept(void)
{
    guint heard = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(Hypervisor) none = NULL;
    virConnectPtr own;

    virSetErrorFunc(&heard, count_error);
    ask_for_nothing();
    g_assert_cmpuint(heard, ==, 0);

    /* Before there is a connection, libvirt knows only the program's handler. */
    none = libvirt_hypervisor_open("nonsense:///", &error);
    g_assert_null(none);
    g_assert_nonnull(error);

    /* libvirt does not tell which handler is set: it is the one that hears. */
    own = virConnectOpen("test:///default");
    g_assert_nonnull(own);
    heard = 0;
    g_assert_null(virDomainLookupByName(own, "nobody"));
    g_assert_cmpuint(heard, ==, 1);
    virConnectClose(own);
    virSetErrorFunc(NULL, NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/libvirt-handlers/kept", test_kept);

    return g_test_run();
}
