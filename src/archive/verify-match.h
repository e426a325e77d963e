/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "archive/manifest.h"
#include "archive/verify-report.h"

G_BEGIN_DECLS

/* Whether what the manifest says of domains and images is what these are. */

/** verify_match_layers: Reports layers that no disk needs. */
void verify_match_layers(const Manifest *manifest, VerifyReport *report);

/**
 * verify_match_domain:
 * @xml: the <domain> in domain.xml of @domain
 * @others: whether disks are reported that the manifest has not
 *
 * Compares UUID and disks with those in the manifest. A domain whose persistent definition has
 * other disks than it had when it ran is exported with a warning that names these. Its name may be
 * another one: libvirt renames domains, and leaves their snapshots as they are.
 */
void verify_match_domain(const Manifest *manifest, const ManifestDomain *domain, xmlNode *xml,
                         gboolean others, VerifyReport *report);

/** verify_match_document: Does that for the domain.xml that is open as @fd. */
void verify_match_document(const Manifest *manifest, const ManifestFile *file, int fd,
                           VerifyReport *report);

/**
 * verify_match_capacity:
 * @file: a layer of the format "raw"
 * @fd: its file, which has the size that the manifest says
 *
 * Returns: the size of the guest's disk in bytes: the payload of an image that is encrypted as a
 * whole. Where the manifest has rounded it up to sectors it is what the manifest says.
 */
guint64 verify_match_capacity(const ManifestFile *file, int fd);

G_END_DECLS
