/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* What libvirt says of a domain's snapshots. */

/** libvirt_snapshot_names: Returns: (element-type utf8): their names, parents before children;
 * owned by the caller. Source: virDomainListAllSnapshots. */
GPtrArray *libvirt_snapshot_names(virDomainPtr domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_snapshot_resolve:
 * @name: of the snapshot that is asked for
 * @all: the rest of the tree is asked for, too
 * @secure: with the passwords in their XML
 *
 * Returns: the domain with its snapshots; owned by the caller. NOT_FOUND names both if it has
 * none of that name. Source: virDomainSnapshotGetXMLDesc.
 */
DomainRecord *libvirt_snapshot_resolve(virDomainPtr domain, const char *name, gboolean all,
                                       gboolean secure, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
