/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/host-finding.h"

G_BEGIN_DECLS

/* Devices and elements of a domain that this host's QEMU or libvirt does not support. Source:
 * libvirt's formatdomaincaps page; NEWS for the versions. */

/**
 * host_compare_devices:
 * @offered: a <domainCapabilities>
 * @video: (out): a video model that can replace that of the domain, if the host does not offer
 * that; else unchanged
 * @no_spice: (out): set to TRUE if the domain uses SPICE and the host does not support it
 *
 * Adds findings for the devices and features of the domain that @offered does not have. Anything
 * that an older libvirt does not list is not compared.
 */
void host_compare_devices(xmlNode *domain, const char *member, xmlNode *offered,
                          GPtrArray *findings, char **video, gboolean *no_spice);

/**
 * host_compare_versions:
 * @version: version of libvirt, "9.0.0"
 *
 * Adds findings for elements that came with a newer version of libvirt, since an older one drops
 * them silently.
 */
void host_compare_versions(xmlNode *domain, const char *member, const char *version,
                           GPtrArray *findings);

G_END_DECLS
