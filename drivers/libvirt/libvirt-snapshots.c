/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-domains.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-snapshots.h"
#include "drivers/libvirt/libvirt-volumes.h"

static SnapshotList
list_snapshot_tree(virDomainPtr domain, GError **error)
{
    SnapshotList snapshots = NULL;

    if (virDomainListAllSnapshots(domain, &snapshots, VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL) < 0) {
        libvirt_error_set(error, _("Cannot list the snapshots of the domain '%s'"),
                          virDomainGetName(domain));
        return NULL;
    }

    return snapshots;
}

GPtrArray *
libvirt_snapshot_names(virDomainPtr domain, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_auto(SnapshotList) snapshots = list_snapshot_tree(domain, error);

    if (!snapshots)
        return NULL;
    for (SnapshotList next = snapshots; *next; next++)
        g_ptr_array_add(names, g_strdup(virDomainSnapshotGetName(*next)));

    return g_steal_pointer(&names);
}

static gboolean
add_snapshot_record(const DomainRecord *record, GPtrArray *records, virDomainSnapshotPtr snapshot,
                    gboolean secure, GError **error)
{
    unsigned int flags = secure ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0;
    const char *name = virDomainSnapshotGetName(snapshot);
    char *xml = virDomainSnapshotGetXMLDesc(snapshot, flags);
    SnapshotRecord *one;

    if (!xml) {
        libvirt_error_set(error, _("Cannot read the snapshot '%s' of the domain '%s'"), name,
                          record->name);
        return FALSE;
    }
    one = g_new0(SnapshotRecord, 1);
    one->name = g_strdup(name);
    one->xml = libvirt_take_string(xml);
    g_ptr_array_add(records, one);

    return TRUE;
}

/* Adds the snapshots other than @first. @all: they are requested, too; if not, one that was deleted
 * meanwhile is ignored. */
static gboolean
add_the_others(DomainRecord *record, virDomainPtr domain, const char *first, gboolean all,
               gboolean secure, GError **error)
{
    GPtrArray *records = all ? record->snapshots : record->others;
    g_auto(SnapshotList) snapshots = list_snapshot_tree(domain, error);

    if (!snapshots)
        return FALSE;
    for (SnapshotList next = snapshots; *next; next++) {
        if (g_str_equal(virDomainSnapshotGetName(*next), first))
            continue;
        if (!add_snapshot_record(record, records, *next, all && secure, all ? error : NULL) && all)
            return FALSE;
    }

    return TRUE;
}

DomainRecord *
libvirt_snapshot_resolve(virDomainPtr domain, const char *name, gboolean all, gboolean secure,
                         GError **error)
{
    g_autoptr(LibvirtSnapshot) snapshot = virDomainSnapshotLookupByName(domain, name, 0);
    g_autoptr(DomainRecord) record = NULL;

    if (!snapshot) {
        libvirt_error_set(error, _("The domain '%s' has no snapshot '%s'"),
                          virDomainGetName(domain), name);
        return NULL;
    }
    record = libvirt_domain_describe(domain, secure, error);
    if (!record || !add_snapshot_record(record, record->snapshots, snapshot, secure, error) ||
        !add_the_others(record, domain, name, all, secure, error))
        return NULL;
    libvirt_volumes_find(virDomainGetConnect(domain), record);

    return g_steal_pointer(&record);
}
