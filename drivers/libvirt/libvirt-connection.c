/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-connection.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-loop.h"
#include "util/error-private.h"

/* A daemon that is silent for half a minute is gone, as virsh sees it. */
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_COUNT 6

/* Every error is returned to the caller: libvirt is not to print it as well. */
static void
keep_quiet(void *data, virErrorPtr error)
{
}

void
libvirt_keep_quiet(void)
{
    virSetErrorFunc(NULL, keep_quiet);
}

/* The embedded QEMU driver refuses to work without an event loop, and keepalive of remote
 * connections needs one too. It runs as long as the process does. */
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
    /* Whatever kept us out, there is no hypervisor to work with. */
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
    virConnSetErrorFunc(connection, NULL, keep_quiet);
    /* Only a daemon needs that, and not all have it. */
    virConnectSetKeepAlive(connection, KEEPALIVE_INTERVAL_S, KEEPALIVE_COUNT);

    return connection;
}

/* The embedded driver finds its running domains again in threads of its own, and a process that
 * leaves before they are done may take the domains down with it. A query that needs the domain's
 * monitor waits for that. */
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
