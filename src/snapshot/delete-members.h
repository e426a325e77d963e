/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/domain-survey.h"

G_BEGIN_DECLS

/* The domains whose snapshots are to be removed. A collection has names, but a domain keeps its
 * snapshots when it gets another one: the record of a set knows it by its UUID. */

/** The snapshot set that is to be removed. Nothing in it is owned. */
typedef struct {
    const char *collection;
    const char *snapshot;
    GPtrArray *names; /* char*: of the member domains */
    gboolean metadata;
    gboolean whole; /* the whole set goes: all whom its record has, by whatever name */
    gboolean none_left; /* it is no error if no member has the snapshot any more */
    gboolean part;      /* of a set that is taken back, which no other collection can have */
} DeleteSubject;

/**
 * delete_members_find:
 * @domains: (element-type DomainSurvey): of the host
 * @found: (element-type DomainSurvey): gets those that are there, whether they have the snapshot
 * @warnings: (element-type utf8): gets those that are not
 *
 * Returns: FALSE with INVALID_STATE if a domain in the record of the set still has the snapshot,
 * but is not in the collection.
 */
gboolean delete_members_find(GPtrArray *domains, const DeleteSubject *subject, GPtrArray *found,
                             GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
