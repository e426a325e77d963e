/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* Volumes of storage pools that a domain uses instead of files or devices. */

/**
 * libvirt_volumes_find:
 * @record: a record with all its documents; its volumes are set
 *
 * Resolves every volume in the documents of @record. A volume that cannot be resolved has the error
 * as its problem (VolumeDef), which only matters if its disk has to be read: no such pool or volume
 * (NOT_FOUND), a pool that is not active (INVALID_STATE), a pool or volume of an unsupported kind
 * (NOT_SUPPORTED).
 */
void libvirt_volumes_find(virConnectPtr connection, DomainRecord *record);

G_END_DECLS
