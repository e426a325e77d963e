/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* Volumes of storage pools, which a domain names in place of a file or a device. */

/**
 * libvirt_volumes_find:
 * @record: with all its documents; gets its volumes
 *
 * Asks libvirt for every volume that the documents of @record name. What it cannot tell of one is
 * that one's problem (VolumeDef), which matters only where its disk is to be read: no such pool or
 * volume (NOT_FOUND), a pool that is not active (INVALID_STATE), a pool or a volume of a kind that
 * is not handled (NOT_SUPPORTED).
 */
void libvirt_volumes_find(virConnectPtr connection, DomainRecord *record);

G_END_DECLS
