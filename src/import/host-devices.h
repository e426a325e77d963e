/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/host-finding.h"

G_BEGIN_DECLS

/* What a domain has that this host's QEMU or libvirt does not. Source: libvirt's
 * formatdomaincaps page; NEWS for the versions. */

/**
 * host_compare_devices:
 * @offered: a <domainCapabilities>
 * @video: (out): the model that would do where the domain's is not offered; else untouched
 * @no_spice: (out): set where the domain's screen is SPICE and the host has none
 *
 * Adds to @findings what of the domain's devices and features @offered does not have. What an
 * older libvirt does not list is not compared.
 */
void host_compare_devices(xmlNode *domain, const char *member, xmlNode *offered,
                          GPtrArray *findings, char **video, gboolean *no_spice);

/**
 * host_compare_versions:
 * @version: of libvirt, "9.0.0"
 *
 * Adds to @findings the elements that came with a newer version: an older one leaves them out
 * without a word.
 */
void host_compare_versions(xmlNode *domain, const char *member, const char *version,
                           GPtrArray *findings);

G_END_DECLS
