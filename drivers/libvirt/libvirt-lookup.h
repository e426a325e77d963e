/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/**
 * libvirt_domain_by_name:
 * Looks a domain up with virDomainLookupByName(). Returns: owned by the caller; NULL with NOT_FOUND
 * naming the connection.
 */
virDomainPtr libvirt_domain_by_name(virConnectPtr connection, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_domain_by_uuid:
 * Looks a domain up with virDomainLookupByUUIDString(). Returns: owned by the caller; NULL with
 * NOT_FOUND naming the UUID.
 */
virDomainPtr libvirt_domain_by_uuid(Hypervisor *hypervisor, const char *uuid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_domain_find:
 * @word: a domain's name, its UUID, or the id that it has while it runs
 *
 * Finds a domain as virsh does, except that a word which is the name of one domain and the id of
 * another is INVALID_PARAMETER, where virsh takes the first match. Returns: owned by the caller;
 * NULL with NOT_FOUND naming the connection.
 */
virDomainPtr libvirt_domain_find(virConnectPtr connection, const char *word, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
