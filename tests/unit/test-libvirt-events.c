/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <libvirt/libvirt.h>

#include "drivers/libvirt/libvirt-hypervisor.h"

/* Events that libvirt's test driver can cause; all connections of a process share it. */

typedef struct {
    GAsyncQueue *told; /* char*: "TYPE NAME" */
} Listener;

static void
note(const HypervisorEvent *event, gpointer data)
{
    Listener *self = data;

    g_async_queue_push(self->told, g_strdup_printf("%d %s", (int)event->type, event->domain));
}

static void
listener_init(Listener *self)
{
    self->told = g_async_queue_new_full(g_free);
}

static void
listener_clear(Listener *self)
{
    g_async_queue_unref(self->told);
}

static void
assert_told(Listener *self, HypervisorEventType type, const char *name)
{
    g_autofree char *got = g_async_queue_timeout_pop(self->told, 60 * G_USEC_PER_SEC);
    g_autofree char *wanted = g_strdup_printf("%d %s", (int)type, name);

    g_assert_cmpstr(got, ==, wanted);
}

static void
assert_silence(Listener *self)
{
    g_assert_null(g_async_queue_timeout_pop(self->told, G_USEC_PER_SEC / 10));
}

/* Our own connection to the test driver's host, which acts. */
typedef struct {
    Hypervisor *hypervisor;
    virConnectPtr connection;
    virDomainPtr domain; /* "test", running */
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    self->hypervisor = libvirt_hypervisor_open("test:///default", &error);
    g_assert_no_error(error);
    self->connection = virConnectOpen("test:///default");
    self->domain = virDomainLookupByName(self->connection, "test");
    g_assert_nonnull(self->domain);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    virDomainFree(self->domain);
    virConnectClose(self->connection);
    hypervisor_free(self->hypervisor);
}

static void
test_lifecycle(Fixture *self, gconstpointer data)
{
    const HypervisorOps *ops = self->hypervisor->ops;
    g_autoptr(GError) error = NULL;
    HypervisorWatch *watch;
    Listener listener;

    listener_init(&listener);
    watch = ops->watch(self->hypervisor, note, &listener, &error);
    g_assert_no_error(error);
    virDomainSuspend(self->domain);
    virDomainResume(self->domain);
    assert_told(&listener, HYPERVISOR_EVENT_STARTED, "test");
    virDomainDestroy(self->domain);
    assert_told(&listener, HYPERVISOR_EVENT_STOPPED, "test");
    virDomainCreate(self->domain);
    assert_told(&listener, HYPERVISOR_EVENT_STARTED, "test");
    virDomainUndefine(self->domain);
    assert_told(&listener, HYPERVISOR_EVENT_UNDEFINED, "test");
    assert_silence(&listener);
    ops->unwatch(self->hypervisor, watch);
    virDomainSuspend(self->domain);
    virDomainResume(self->domain);
    assert_silence(&listener);
    listener_clear(&listener);
}

/* Several watches of one connection, each for itself. */
static void
test_several(Fixture *self, gconstpointer data)
{
    const HypervisorOps *ops = self->hypervisor->ops;
    HypervisorWatch *watches[3];
    Listener listeners[3];

    for (guint i = 0; i < 3; i++) {
        listener_init(&listeners[i]);
        watches[i] = ops->watch(self->hypervisor, note, &listeners[i], NULL);
        g_assert_nonnull(watches[i]);
    }
    ops->unwatch(self->hypervisor, watches[1]);
    virDomainSuspend(self->domain);
    virDomainResume(self->domain);
    assert_told(&listeners[0], HYPERVISOR_EVENT_STARTED, "test");
    assert_told(&listeners[2], HYPERVISOR_EVENT_STARTED, "test");
    assert_silence(&listeners[1]);
    ops->unwatch(self->hypervisor, watches[0]);
    ops->unwatch(self->hypervisor, watches[2]);
    for (guint i = 0; i < 3; i++)
        listener_clear(&listeners[i]);
}

static void
act_slowly(const HypervisorEvent *event, gpointer data)
{
    g_atomic_int_set((gint *)data, 1);
    g_usleep(G_USEC_PER_SEC / 5);
    g_atomic_int_set((gint *)data, 2);
}

/* Once a watch has ended, its owner may free the data that the watch used. */
static void
test_unwatch_waits(Fixture *self, gconstpointer data)
{
    const HypervisorOps *ops = self->hypervisor->ops;
    gint state = 0;
    HypervisorWatch *watch = ops->watch(self->hypervisor, act_slowly, &state, NULL);

    virDomainSuspend(self->domain);
    virDomainResume(self->domain);
    while (g_atomic_int_get(&state) == 0)
        g_usleep(1000);
    ops->unwatch(self->hypervisor, watch);
    g_assert_cmpint(g_atomic_int_get(&state), ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/libvirt-events/several", Fixture, NULL, set_up, test_several, tear_down);
    g_test_add("/libvirt-events/unwatch-waits", Fixture, NULL, set_up, test_unwatch_waits,
               tear_down);
    /* It undefines the domain: the last one. */
    g_test_add("/libvirt-events/lifecycle", Fixture, NULL, set_up, test_lifecycle, tear_down);
    return g_test_run();
}
