/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-domains.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "util/strings.h"

GPtrArray *
libvirt_domain_names(virConnectPtr connection, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_auto(DomainList) domains = NULL;

    if (virConnectListAllDomains(connection, &domains, 0) < 0) {
        libvirt_error_set(error, _("Cannot list the domains"));
        return NULL;
    }
    for (DomainList next = domains; *next; next++)
        g_ptr_array_add(names, g_strdup(virDomainGetName(*next)));
    strings_sort(names);

    return g_steal_pointer(&names);
}

DomainRecord *
libvirt_domain_describe(virDomainPtr domain, gboolean secure, GError **error)
{
    g_autoptr(DomainRecord) record = g_new0(DomainRecord, 1);
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    int active;
    int saved;

    record->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    record->others = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    record->name = g_strdup(virDomainGetName(domain));
    /* The error must be read before the next call of libvirt resets it. */
    active = virDomainIsActive(domain);
    if (active >= 0)
        record->xml =
            libvirt_take_string(virDomainGetXMLDesc(domain, secure ? VIR_DOMAIN_XML_SECURE : 0));
    saved = record->xml ? virDomainHasManagedSaveImage(domain, 0) : -1;
    if (saved < 0 || virDomainGetUUIDString(domain, uuid) < 0) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), record->name);
        return NULL;
    }
    record->active = active > 0;
    record->saved = !record->active && saved > 0;
    record->uuid = g_strdup(uuid);

    return g_steal_pointer(&record);
}
