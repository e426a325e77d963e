/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <libvirt/libvirt-qemu.h>
#include <string.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-events.h"
#include "util/process.h"

/* How long deregistering may take before it is left to the thread. */
#define END_US G_USEC_PER_SEC

struct HypervisorWatch {
    HypervisorWatchFunc func;
    gpointer data;
};

/* The reference count covers the owner and the thread, which may outlive the owner. */
struct LibvirtEvents {
    virConnectPtr connection;
    GAsyncQueue *queue; /* HypervisorEvent: passes events from libvirt's loop to the thread */
    int lifecycle;      /* ids of the event callbacks; -1: not registered */
    int block_job;
    int qemu_job;
    GMutex lock; /* guards the following members, and is held while watches are called */
    GCond changed;
    GPtrArray *watches; /* HypervisorWatch */
    gboolean ended;
};

/* The LibvirtEvents of each connection. libvirt's callbacks look them up here instead of getting
 * them as their data, because not every driver reports when it does not need the data any more. */
static GMutex table_lock;
static GHashTable *table; /* virConnectPtr -> LibvirtEvents */

/* A marker in the queue that ends the thread. */
static HypervisorEvent last;

static void
event_free(gpointer data)
{
    HypervisorEvent *event = data;

    g_free((char *)event->uuid);
    g_free((char *)event->domain);
    g_free(event);
}

static void
push_event(virConnectPtr connection, HypervisorEventType type, virDomainPtr domain,
           const char *reason)
{
    HypervisorEvent *event = g_new0(HypervisorEvent, 1);
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    LibvirtEvents *self;

    event->type = type;
    event->reason = reason;
    if (domain && virDomainGetUUIDString(domain, uuid) == 0) {
        event->uuid = g_strdup(uuid);
        event->domain = g_strdup(virDomainGetName(domain));
    }
    g_mutex_lock(&table_lock);
    self = g_hash_table_lookup(table, connection);
    if (self)
        g_async_queue_push(self->queue, g_steal_pointer(&event));
    g_mutex_unlock(&table_lock);
    if (event)
        event_free(event);
}

/* --- in libvirt's event loop ------------------------------------------------ */

static void
on_closed(virConnectPtr connection, int reason, void *data)
{
    static const char *const words[] = {
        [VIR_CONNECT_CLOSE_REASON_ERROR] = N_("an error of the connection"),
        [VIR_CONNECT_CLOSE_REASON_EOF] = N_("its service has ended"),
        [VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = N_("its service does not answer"),
        [VIR_CONNECT_CLOSE_REASON_CLIENT] = N_("closed from here"),
    };
    gboolean known = reason >= 0 && (gsize)reason < G_N_ELEMENTS(words);

    push_event(connection, HYPERVISOR_EVENT_CLOSED, NULL, known ? _(words[reason]) : "?");
}

static int
on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *data)
{
    if (event == VIR_DOMAIN_EVENT_UNDEFINED && detail != VIR_DOMAIN_EVENT_UNDEFINED_RENAMED)
        push_event(connection, HYPERVISOR_EVENT_UNDEFINED, domain, NULL);
    else if (event == VIR_DOMAIN_EVENT_DEFINED && detail == VIR_DOMAIN_EVENT_DEFINED_RENAMED)
        push_event(connection, HYPERVISOR_EVENT_RENAMED, domain, NULL);
    else if (event == VIR_DOMAIN_EVENT_STARTED || event == VIR_DOMAIN_EVENT_RESUMED)
        push_event(connection, HYPERVISOR_EVENT_STARTED, domain, NULL);
    else if (event == VIR_DOMAIN_EVENT_STOPPED && detail == VIR_DOMAIN_EVENT_STOPPED_MIGRATED)
        push_event(connection, HYPERVISOR_EVENT_MIGRATED, domain, NULL);
    else if (event == VIR_DOMAIN_EVENT_STOPPED)
        push_event(connection, HYPERVISOR_EVENT_STOPPED, domain, NULL);

    return 0;
}

static void
on_block_job(virConnectPtr connection, virDomainPtr domain, const char *disk, int type, int status,
             void *data)
{
    push_event(connection, HYPERVISOR_EVENT_BLOCK_JOB, domain, NULL);
}

/* A QEMU job has the status "running" ({"status": "running", "id": …}), and from then on holds the
 * locks of the images to which it writes. */
static void
on_qemu_job(virConnectPtr connection, virDomainPtr domain, const char *event, long long seconds,
            unsigned int micros, const char *details, void *data)
{
    if (details && strstr(details, "\"running\""))
        push_event(connection, HYPERVISOR_EVENT_BLOCK_JOB, domain, NULL);
}

/* --- in the thread ---------------------------------------------------------- */

static void
call_watches(LibvirtEvents *self, const HypervisorEvent *event)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    for (guint i = 0; i < self->watches->len; i++) {
        HypervisorWatch *watch = g_ptr_array_index(self->watches, i);

        watch->func(event, watch->data);
    }
}

static void
deregister_events(LibvirtEvents *self)
{
    g_mutex_lock(&table_lock);
    g_hash_table_remove(table, self->connection);
    g_mutex_unlock(&table_lock);
    virConnectUnregisterCloseCallback(self->connection, on_closed);
    if (self->lifecycle >= 0)
        virConnectDomainEventDeregisterAny(self->connection, self->lifecycle);
    if (self->block_job >= 0)
        virConnectDomainEventDeregisterAny(self->connection, self->block_job);
    if (self->qemu_job >= 0)
        virConnectDomainQemuMonitorEventDeregister(self->connection, self->qemu_job);
    virConnectClose(self->connection);
}

static void
event_clear(gpointer data)
{
    LibvirtEvents *self = data;

    g_async_queue_unref(self->queue);
    g_ptr_array_unref(self->watches);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
}

static gpointer
events_thread(gpointer data)
{
    LibvirtEvents *self = data;

    for (;;) {
        HypervisorEvent *event = g_async_queue_pop(self->queue);

        if (event == &last)
            break;
        call_watches(self, event);
        event_free(event);
    }
    deregister_events(self);
    g_mutex_lock(&self->lock);
    self->ended = TRUE;
    g_cond_signal(&self->changed);
    g_mutex_unlock(&self->lock);
    g_atomic_rc_box_release_full(self, event_clear);

    return NULL;
}

/* --- public functions ------------------------------------------------------- */

/* Registers for the events. Those of block jobs and of QEMU are optional, since not every driver
 * has them. */
static gboolean
register_events(LibvirtEvents *self)
{
    virConnectPtr connection = self->connection;

    if (virConnectRegisterCloseCallback(connection, on_closed, NULL, NULL) < 0)
        return FALSE;
    self->lifecycle = virConnectDomainEventRegisterAny(
        connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle),
        NULL, NULL);
    if (self->lifecycle < 0)
        return FALSE;
    self->block_job = virConnectDomainEventRegisterAny(
        connection, NULL, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, VIR_DOMAIN_EVENT_CALLBACK(on_block_job),
        NULL, NULL);
    self->qemu_job = virConnectDomainQemuMonitorEventRegister(
        connection, NULL, "JOB_STATUS_CHANGE", on_qemu_job, NULL, NULL, 0);

    return TRUE;
}

LibvirtEvents *
libvirt_events_new(virConnectPtr connection, GError **error)
{
    LibvirtEvents *self = g_atomic_rc_box_new0(LibvirtEvents);
    GThread *thread;

    virConnectRef(connection);
    self->connection = connection;
    self->queue = g_async_queue_new_full(event_free);
    self->watches = g_ptr_array_new_with_free_func(g_free);
    self->lifecycle = self->block_job = self->qemu_job = -1;
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    g_mutex_lock(&table_lock);
    if (!table)
        table = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(table, connection, self);
    g_mutex_unlock(&table_lock);
    if (!register_events(self)) {
        libvirt_error_set(error, _("Cannot watch what libvirt reports"));
        deregister_events(self);
        g_atomic_rc_box_release_full(self, event_clear);
        return NULL;
    }
    thread =
        process_thread("libvirt-watch", events_thread, g_atomic_rc_box_acquire(self), error);
    if (!thread) {
        deregister_events(self);
        g_atomic_rc_box_release(self);
        g_atomic_rc_box_release_full(self, event_clear);
        return NULL;
    }
    g_thread_unref(thread);

    return self;
}

void
libvirt_events_free(LibvirtEvents *self)
{
    gint64 until = g_get_monotonic_time() + END_US;

    if (!self)
        return;
    g_async_queue_push_front(self->queue, &last);
    g_mutex_lock(&self->lock);
    while (!self->ended && g_cond_wait_until(&self->changed, &self->lock, until))
        continue;
    g_mutex_unlock(&self->lock);
    g_atomic_rc_box_release_full(self, event_clear);
}

HypervisorWatch *
libvirt_events_watch(LibvirtEvents *self, HypervisorWatchFunc func, gpointer data)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    HypervisorWatch *watch = g_new0(HypervisorWatch, 1);

    watch->func = func;
    watch->data = data;
    g_ptr_array_add(self->watches, watch);

    return watch;
}

void
libvirt_events_unwatch(LibvirtEvents *self, HypervisorWatch *watch)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_ptr_array_remove(self->watches, watch);
}
