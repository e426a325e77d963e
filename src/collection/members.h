/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/** The domains of an export, and the collections of which they are members. */
typedef struct {
    GPtrArray *domains;     /* char*: sorted, each once */
    GPtrArray *collections; /* VirtSnapCollection: the named collection and its direct and indirect
                             * member collections; NULL: domains were named instead */
} Members;

/**
 * members_new:
 * @collection: (nullable): name of a collection in the store
 * @domains: (nullable): terminated by NULL; used if @collection is NULL
 *
 * Returns: owned by the caller; NOT_FOUND if there is no such collection,
 * INVALID_STATE if it has no members.
 */
Members *members_new(const char *collection, char *const *domains, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * members_find:
 * Replaces ids and UUIDs by which the user named domains with their names. The members of a
 * collection are names already. The errors are those of HypervisorOps.find_domain.
 */
gboolean members_find(Members *self, Hypervisor *hypervisor, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void members_free(Members *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Members, members_free)

G_END_DECLS
