/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* What importing into a storage pool needs of a hypervisor. */

struct HypervisorPoolOps {
    /* Returns: (element-type utf8): the names of the pools for which directory() has an answer, as
     * far as that is known without having the hypervisor look at them; owned by the caller. NULL
     * with an error. Source: virConnectListAllStoragePools. */
    GPtrArray *(*list)(Hypervisor *hypervisor, GError **error);

    /* Has the hypervisor look at the pool @pool once more. Returns: the absolute path of its
     * directory, in which its volumes are files, owned by the caller; NULL with NOT_FOUND if there
     * is no such pool, INVALID_STATE if it is not active, or NOT_SUPPORTED if its volumes are no
     * files in a directory. Source: virStoragePoolRefresh. */
    char *(*directory)(Hypervisor *hypervisor, const char *pool, GError **error);

    /* Creates the volume @volume in @pool: a file of @bytes bytes of which nothing is allocated.
     * ALREADY_EXISTS if there is one of that name. Source: virStorageVolCreateXML. */
    gboolean (*create)(Hypervisor *hypervisor, const char *pool, const char *volume, guint64 bytes,
                       GError **error);
};

G_END_DECLS
