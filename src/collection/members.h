/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/** The domains that an export is about, and the collections that they are members of. */
typedef struct {
    GPtrArray *domains;     /* char*: sorted, each once */
    GPtrArray *collections; /* VirtSnapCollection: the one that was named and those that are
                             * members of it, directly or not; NULL: domains were named */
} Members;

/**
 * members_new:
 * @collection: (nullable): a collection, looked up in the store
 * @domains: (nullable): ended by NULL; used if there is no @collection
 *
 * Returns: owned by the caller; NOT_FOUND if there is no such collection,
 * INVALID_STATE if it has no members.
 */
Members *members_new(const char *collection, char *const *domains, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * members_find:
 * Exchanges the words that domains were named by, which may be ids or UUIDs, for their names; what
 * a collection has are names. NOT_FOUND, INVALID_PARAMETER as HypervisorOps.find_domain.
 */
gboolean members_find(Members *self, Hypervisor *hypervisor, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void members_free(Members *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Members, members_free)

G_END_DECLS
