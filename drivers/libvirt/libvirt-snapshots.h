/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* Queries about the snapshots of a domain. */

/** libvirt_snapshot_names: Returns: (element-type utf8): the names of all snapshots, parents before
 * children; owned by the caller. Source: virDomainListAllSnapshots. */
GPtrArray *libvirt_snapshot_names(virDomainPtr domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_snapshot_resolve:
 * @name: name of the requested snapshot
 * @all: the rest of the tree is requested, too
 * @secure: include passwords in the XML
 *
 * Returns: the domain with its snapshots, owned by the caller; NULL with NOT_FOUND naming both if
 * the domain has no such snapshot. Source: virDomainSnapshotGetXMLDesc.
 */
DomainRecord *libvirt_snapshot_resolve(virDomainPtr domain, const char *name, gboolean all,
                                       gboolean secure, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
