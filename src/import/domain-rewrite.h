/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/rewrite-values.h"
#include "util/error.h"

G_BEGIN_DECLS

/* Rewrites the XML of an export, which has passed the gate (domain-gate.h), for this host.
 * Everything that belonged to the exporting host is removed: ids, names that libvirt assigned
 * (aliases other than "ua-…", tap devices), pseudo terminals, sockets, security labels that libvirt
 * generates at each start, cgroup partitions, backing images and their indexes. */

/** The properties of a snapshot on this host. */
typedef struct {
    const DomainRewrite *domain;   /* for <domain>, with the chains at the time of the snapshot */
    const DomainRewrite *inactive; /* for <inactiveDomain>; NULL: the same as domain */
    GPtrArray *overlays; /* RewriteDisk with at most one image each: the overlays in <disks>, to
                          * which the domain writes since the snapshot; a disk that is not listed
                          * loses its <source> */
    GPtrArray *reverts;  /* the same for <revertDisks>; NULL: they are removed */
    const char *memory;  /* absolute path of its memory state; NULL: an external one is recorded as
                          * missing */
} SnapshotRewrite;

/**
 * domain_rewrite:
 * @domain: a <domain> or <inactiveDomain>, changed in place
 * @to: its new properties
 *
 * The whole chain of every disk that has images is written, terminated by an empty <backingStore/>,
 * so that libvirt does not have to read it from the image headers.
 *
 * Returns: FALSE with INVALID_PARAMETER if @domain is not a domain, or @to->cpu is not a <cpu>.
 */
gboolean domain_rewrite(xmlNode *domain, const DomainRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** domain_encrypts: Returns: TRUE if @domain has its disk @target encrypted. */
gboolean domain_encrypts(xmlNode *domain, const char *target);

/** domain_shares: Returns: TRUE if other machines may write to the disk @target of @domain, too.
 * domain_rewrite() ends that where the disk gets a qcow2 image, which libvirt refuses to share. */
gboolean domain_shares(xmlNode *domain, const char *target);

/**
 * snapshot_rewrite:
 * @snapshot: a <domainsnapshot>, changed in place
 *
 * Returns: FALSE with INVALID_PARAMETER if @snapshot is not a <domainsnapshot>, or has no <domain>.
 */
gboolean snapshot_rewrite(xmlNode *snapshot, const SnapshotRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * rewrite_macs_add:
 * @domain: a <domain>
 * @macs: lower case char* → char*, both freed by the table
 *
 * Adds a new MAC address with the same vendor prefix to @macs for every address of @domain that it
 * does not have yet; all new addresses are different. A member and all its snapshots share one
 * table.
 */
void rewrite_macs_add(xmlNode *domain, GHashTable *macs);

G_END_DECLS
