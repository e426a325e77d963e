/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/pool-ops.h"

G_BEGIN_DECLS

/* Storage pools, and volumes that are made in them. */

typedef virStoragePool LibvirtPool;
typedef virStorageVol LibvirtVolume;

static inline void
libvirt_pool_clear(LibvirtPool *pool)
{
    if (pool)
        virStoragePoolFree(pool);
}

static inline void
libvirt_volume_clear(LibvirtVolume *volume)
{
    if (volume)
        virStorageVolFree(volume);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtPool, libvirt_pool_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtVolume, libvirt_volume_clear)

extern const HypervisorPoolOps libvirt_pool_ops;

/** libvirt_pool_type: Returns: (nullable): the type of @pool, as "dir", owned by the caller; NULL
 * with libvirt's last error. */
char *libvirt_pool_type(LibvirtPool *pool);

G_END_DECLS
