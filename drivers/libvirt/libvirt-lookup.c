/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"

static void
set_not_found(virConnectPtr connection, const char *word, GError **error)
{
    virErrorPtr last = virSaveLastError();
    char *uri = virConnectGetURI(connection);

    libvirt_error_take(error, last, _("Cannot find the domain '%s' at '%s'"), word,
                       uri ? uri : "?");
    free(uri);
}

virDomainPtr
libvirt_domain_by_name(virConnectPtr connection, const char *name, GError **error)
{
    virDomainPtr domain = virDomainLookupByName(connection, name);

    if (!domain)
        set_not_found(connection, name, error);

    return domain;
}

virDomainPtr
libvirt_domain_by_uuid(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    virDomainPtr domain = virDomainLookupByUUIDString(libvirt_connection(hypervisor), uuid);

    if (!domain)
        libvirt_error_set(error, _("Cannot find the domain with the UUID %s"), uuid);

    return domain;
}

static virDomainPtr
look_up_by_id(virConnectPtr connection, const char *word)
{
    guint64 id;

    return g_ascii_string_to_unsigned(word, 10, 0, INT_MAX, &id, NULL)
               ? virDomainLookupByID(connection, (int)id)
               : NULL;
}

static virDomainPtr
look_up_by_uuid(virConnectPtr connection, const char *word)
{
    return g_uuid_string_is_valid(word) ? virDomainLookupByUUIDString(connection, word) : NULL;
}

static gboolean
is_same_domain(virDomainPtr one, virDomainPtr other)
{
    unsigned char a[VIR_UUID_BUFLEN];
    unsigned char b[VIR_UUID_BUFLEN];

    return virDomainGetUUID(one, a) == 0 && virDomainGetUUID(other, b) == 0 &&
           memcmp(a, b, sizeof a) == 0;
}

virDomainPtr
libvirt_domain_find(virConnectPtr connection, const char *word, GError **error)
{
    g_autoptr(LibvirtDomain) other = look_up_by_id(connection, word);
    g_autoptr(LibvirtDomain) named = NULL;

    if (!other)
        other = look_up_by_uuid(connection, word);
    named = libvirt_domain_by_name(connection, word, other ? NULL : error);
    if (named && other && !is_same_domain(named, other)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is the name of one domain, and also what the domain '%s' is called by; "
                      "say which one is meant by its UUID (virsh domuuid)"),
                    word, virDomainGetName(other));
        return NULL;
    }

    return named ? g_steal_pointer(&named) : g_steal_pointer(&other);
}
