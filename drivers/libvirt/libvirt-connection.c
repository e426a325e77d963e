/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-connection.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-loop.h"
#include "util/error-private.h"
#include "util/process.h"

/* Keepalive settings, the same as virsh's: a daemon that does not answer for half a minute is
 * considered gone. */
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_COUNT 6

/* An error function that prints nothing, because every error is returned to the caller. */
static void
ignore_error(void *data, virErrorPtr error)
{
}

void
libvirt_keep_quiet(void)
{
    virSetErrorFunc(NULL, ignore_error);
}

/* Initialises libvirt and starts an event loop, which runs until the process ends. The embedded
 * QEMU driver requires one, and so does the keepalive of remote connections. */
static gpointer
start_client(gpointer data)
{
    libvirt_loop_start();

    return GINT_TO_POINTER(virInitialize() == 0);
}

gboolean
libvirt_start(GError **error)
{
    static GOnce once = G_ONCE_INIT;

    if (g_once(&once, start_client, NULL))
        return TRUE;
    libvirt_error_set(error, _("Cannot start libvirt's client library"));

    return FALSE;
}

static void
set_connect_error(const char *uri, GError **error)
{
    libvirt_error_set(error, _("Cannot connect to libvirt at '%s'; is its service running?"),
                      uri ? uri : _("the default URI"));
    /* Any failure to connect means that the hypervisor is not available. */
    error_recode(error, VIRT_SNAP_ERROR_FAILED, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE);
}

virConnectPtr
libvirt_connect(const char *uri, GError **error)
{
    virConnectPtr connection = virConnectOpenAuth(uri, virConnectAuthPtrDefault, 0);

    if (!connection) {
        set_connect_error(uri, error);
        return NULL;
    }
    virConnSetErrorFunc(connection, NULL, ignore_error);
    /* Errors are ignored, because keepalive only exists for daemons, and not for all of them. */
    virConnectSetKeepAlive(connection, KEEPALIVE_INTERVAL_S, KEEPALIVE_COUNT);

    return connection;
}

/* --- without waiting for ever ---------------------------------------------------- */

/* Counted references: of who waits, and of the thread that connects. */
typedef struct {
    char *uri;
    GMutex lock; /* guards what follows */
    GCond changed;
    gboolean ended;
    virConnectPtr connection;
} Attempt;

static void
attempt_clear(gpointer data)
{
    Attempt *self = data;

    if (self->connection)
        virConnectClose(self->connection);
    g_free(self->uri);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
}

static void
attempt_end(Attempt *self, virConnectPtr connection)
{
    g_mutex_lock(&self->lock);
    self->connection = connection;
    self->ended = TRUE;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->lock);
    g_atomic_rc_box_release_full(self, attempt_clear);
}

static gpointer
attempt_main(gpointer data)
{
    Attempt *self = data;

    attempt_end(self, libvirt_connect(self->uri, NULL));

    return NULL;
}

virConnectPtr
libvirt_connect_within(const char *uri, gint64 us)
{
    Attempt *self = g_atomic_rc_box_new0(Attempt);
    gint64 until = g_get_monotonic_time() + us;
    virConnectPtr connection;
    GThread *thread;

    self->uri = g_strdup(uri);
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    thread = process_thread("virtsnap-connect", attempt_main, g_atomic_rc_box_acquire(self), NULL);
    if (thread)
        g_thread_unref(thread);
    else
        attempt_end(self, NULL);
    g_mutex_lock(&self->lock);
    while (!self->ended && g_cond_wait_until(&self->changed, &self->lock, until))
        continue;
    connection = g_steal_pointer(&self->connection);
    g_mutex_unlock(&self->lock);
    g_atomic_rc_box_release_full(self, attempt_clear);

    return connection;
}

/* The embedded driver reconnects to its running domains in threads, and a process that exits before
 * they are done can kill the domains. A query that needs the monitor of a domain waits for its
 * thread. */
void
libvirt_await_embedded(virConnectPtr connection)
{
    g_auto(DomainList) domains = NULL;

    if (virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE) < 0)
        return;
    for (DomainList next = domains; *next; next++) {
        virDomainIOThreadInfoPtr *threads = NULL;
        int n = virDomainGetIOThreadInfo(*next, &threads, 0);

        for (int i = 0; i < n; i++)
            virDomainIOThreadInfoFree(threads[i]);
        free(threads);
    }
}
