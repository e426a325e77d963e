/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-job.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "drivers/libvirt/libvirt-set.h"
#include "drivers/libvirt/libvirt-snapshots.h"
#include "util/xml.h"

/* Making a snapshot with memory takes the time to write all of the memory. */
#define AWAIT_US (10 * 60 * G_USEC_PER_SEC)
#define AWAIT_POLL_US (G_USEC_PER_SEC / 10)

/* --- looking -------------------------------------------------------------------------- */

static void
look_for_block_jobs(SnapshotLook *look, virDomainPtr domain)
{
    g_autoptr(xmlDoc) doc = xml_parse(look->xml, strlen(look->xml), look->name, NULL);
    g_autoptr(GPtrArray) targets =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk/target") : NULL;

    for (guint i = 0; targets && i < targets->len; i++) {
        char *target = xml_attr(g_ptr_array_index(targets, i), "dev");
        virDomainBlockJobInfo info;

        if (target && virDomainGetBlockJobInfo(domain, target, &info, 0) == 1)
            g_ptr_array_add(look->block_jobs, target);
        else
            g_free(target);
    }
}

static gboolean
fill_look(SnapshotLook *look, virDomainPtr domain, GError **error)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    int active = virDomainIsActive(domain);
    int persistent = virDomainIsPersistent(domain);
    int saved = virDomainHasManagedSaveImage(domain, 0);

    look->xml = libvirt_take_string(virDomainGetXMLDesc(domain, 0));
    if (active < 0 || persistent < 0 || saved < 0 || !look->xml ||
        virDomainGetUUIDString(domain, uuid) < 0) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), virDomainGetName(domain));
        return FALSE;
    }
    look->uuid = g_strdup(uuid);
    look->persistent = persistent;
    look->saved = saved;
    look->snapshots = libvirt_snapshot_names(domain, error);
    if (!look->snapshots)
        return FALSE;
    if (active) {
        look->job = libvirt_job_of(domain);
        /* libvirt would wait for its end before it answers. */
        if (g_strcmp0(look->job, DOMAIN_JOB_INCOMING) != 0)
            look_for_block_jobs(look, domain);
    }

    return TRUE;
}

char *
libvirt_snapshot_find_uuid(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(LibvirtDomain) domain =
        libvirt_domain_by_name(libvirt_connection(hypervisor), name, error);
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (!domain)
        return NULL;
    if (virDomainGetUUIDString(domain, uuid) == 0)
        return g_strdup(uuid);
    libvirt_error_set(error, _("Cannot read the domain '%s'"), name);

    return NULL;
}

SnapshotLook *
libvirt_snapshot_look(Hypervisor *hypervisor, const char *word, GError **error)
{
    virConnectPtr connection = libvirt_connection(hypervisor);
    g_autoptr(LibvirtDomain) domain = libvirt_domain_find(connection, word, error);
    g_autoptr(SnapshotLook) look = NULL;

    if (!domain)
        return NULL;
    look = g_new0(SnapshotLook, 1);
    look->name = g_strdup(virDomainGetName(domain));
    look->block_jobs = g_ptr_array_new_with_free_func(g_free);
    if (!fill_look(look, domain, error) ||
        !hypervisor->ops->snapshots->state(hypervisor, look->uuid, &look->state, error))
        return NULL;

    return g_steal_pointer(&look);
}

/* --- making --------------------------------------------------------------------------- */

char *
libvirt_snapshot_create(Hypervisor *hypervisor, const char *uuid, const char *xml,
                        gboolean disks_only, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    unsigned int flags =
        disks_only ? VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC : 0;
    g_autoptr(LibvirtSnapshot) snapshot = NULL;
    char *text;

    if (!domain)
        return NULL;
    snapshot = virDomainSnapshotCreateXML(domain, xml, flags);
    text = snapshot ? virDomainSnapshotGetXMLDesc(snapshot, 0) : NULL;
    if (!text) {
        libvirt_error_set(error, _("Cannot take a snapshot of the domain '%s'"),
                          virDomainGetName(domain));
        return NULL;
    }

    return libvirt_take_string(text);
}

void
libvirt_snapshot_abort(Hypervisor *hypervisor, const char *uuid)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, NULL);

    if (domain && g_strcmp0(libvirt_job_of(domain), "snapshot") == 0 &&
        virDomainAbortJob(domain) < 0)
        g_debug("the snapshot of '%s' goes on: %s", virDomainGetName(domain),
                virGetLastErrorMessage());
}

gboolean
libvirt_snapshot_await(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    gint64 until = g_get_monotonic_time() + AWAIT_US;

    if (!domain)
        return FALSE;
    while (virDomainIsActive(domain) == 1 && g_strcmp0(libvirt_job_of(domain), "snapshot") == 0) {
        if (g_get_monotonic_time() > until) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                        _("libvirt is still at a snapshot of the domain '%s'; wait for its end"),
                        virDomainGetName(domain));
            return FALSE;
        }
        g_usleep(AWAIT_POLL_US);
    }

    return TRUE;
}
