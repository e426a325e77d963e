/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* Queries about domains. */

/** libvirt_domain_names: Returns: (element-type utf8): the names of all domains, sorted; owned by
 * the caller. Source: virConnectListAllDomains. */
GPtrArray *libvirt_domain_names(virConnectPtr connection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_domain_describe:
 * @secure: include passwords in the XML
 *
 * Returns: the present state of the domain, without snapshots; owned by the caller. Source:
 * virDomainGetXMLDesc.
 */
DomainRecord *libvirt_domain_describe(virDomainPtr domain, gboolean secure, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
