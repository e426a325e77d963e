/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "drivers/libvirt/libvirt-error.h"
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

    /* libvirt does not return the handler that is set, so the test looks which one is called. */
    own = virConnectOpen("test:///default");
    g_assert_nonnull(own);
    heard = 0;
    g_assert_null(virDomainLookupByName(own, "nobody"));
    g_assert_cmpuint(heard, ==, 1);
    virConnectClose(own);
    virSetErrorFunc(NULL, NULL);
}

/* --- an event loop ------------------------------------------------------------ */

static int n_added;

static int
add_handle(int fd, int events, virEventHandleCallback ready, void *opaque, virFreeCallback done)
{
    return ++n_added;
}

static int
add_timeout(int ms, virEventTimeoutCallback elapsed, void *opaque, virFreeCallback done)
{
    return ++n_added;
}

static void
update(int id, int value)
{
}

static int
drop(int id)
{
    return 0;
}

/* Returns: whether a thread of this process is called so. */
static gboolean
has_thread(const char *name)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    const char *task;

    while ((task = g_dir_read_name(tasks))) {
        g_autofree char *path = g_build_filename("/proc/self/task", task, "comm", NULL);
        g_autofree char *comm = NULL;

        if (g_file_get_contents(path, &comm, NULL, NULL) &&
            g_str_equal(g_strchomp(comm), name))
            return TRUE;
    }

    return FALSE;
}

/* A process has one event loop, and the first one that is registered stays. */
static void
test_loop(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Hypervisor) hypervisor = NULL;
    int before;

    virEventRegisterImpl(add_handle, update, drop, add_timeout, update, drop);
    hypervisor = libvirt_hypervisor_open("test:///default", &error);
    g_assert_no_error(error);
    g_assert_false(has_thread("libvirt-events"));
    before = n_added;
    g_assert_cmpint(virEventAddTimeout(-1, NULL, NULL, NULL), ==, before + 1);
}

/* --- an error that is told by calling libvirt ----------------------------------- */

static void
test_told(void)
{
    g_autoptr(GError) error = NULL;
    virConnectPtr connection = virConnectOpen("test:///default");
    virDomainPtr domain = virDomainLookupByName(connection, "test");

    g_assert_nonnull(domain);
    g_assert_null(virDomainLookupByName(connection, "nobody"));
    g_assert_nonnull(virGetLastError());
    /* This call forgets the error that is to be told. */
    libvirt_error_set(&error, "Looking beside '%s'", virDomainGetName(domain));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "Looking beside 'test'"));
    g_assert_nonnull(strstr(error->message, "Domain not found"));
    virDomainFree(domain);
    virConnectClose(connection);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/libvirt-handlers/loop", test_loop);
    g_test_add_func("/libvirt-handlers/kept", test_kept);
    g_test_add_func("/libvirt-handlers/told", test_told);

    return g_test_run();
}
