/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-store.h"

G_BEGIN_DECLS

/**
 * collection_store_read_tree:
 * @collections: (out) (element-type VirtSnapCollection): @name first, then all below it, each once
 * @domains: (out) (element-type utf8): as virt_snap_collection_store_resolve() has them
 *
 * Reads both of one moment, whoever changes the store meanwhile. Returns: FALSE with the errors of
 * virt_snap_collection_store_resolve().
 */
gboolean collection_store_read_tree(VirtSnapCollectionStore *self, const char *name,
                                    GPtrArray **collections, GPtrArray **domains, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
