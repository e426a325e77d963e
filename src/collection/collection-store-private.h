/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-store.h"

G_BEGIN_DECLS

/**
 * collection_store_read_tree:
 * @collections: (out) (element-type VirtSnapCollection): the collection @name first, then all its
 * direct and indirect member collections, each once
 * @domains: (out) (element-type utf8): the result of virt_snap_collection_store_resolve()
 *
 * Reads both from the same state of the store, even if others change it meanwhile. Returns: FALSE
 * with the errors of virt_snap_collection_store_resolve().
 */
gboolean collection_store_read_tree(VirtSnapCollectionStore *self, const char *name,
                                    GPtrArray **collections, GPtrArray **domains, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
