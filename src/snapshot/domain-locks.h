/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/hypervisor.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Of two commands that change the snapshots of a domain the second has to see what the first has
 * made of it: what one has planned with is not there any more when the other is done. */

typedef struct DomainLocks DomainLocks;

/**
 * domain_locks_take:
 * @domains: (element-type utf8): names
 * @control: (nullable): asked whether to go on waiting
 *
 * Locks domains until the locks are freed or this process ends. It waits for another process, or
 * another job of this one, that has some of them, up to a minute.
 *
 * Returns: owned by the caller; NULL with IN_USE if one of them stays locked, CANCELLED.
 */
DomainLocks *domain_locks_take(Hypervisor *hypervisor, GPtrArray *domains, Control *control,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** domain_locks_take_set: Locks the members of @record that the caller has not locked already with
 * @held, which may be NULL. */
DomainLocks *domain_locks_take_set(const SetRecord *record, const DomainLocks *held,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** domain_locks_free: Unlocks them. NULL is fine. */
void domain_locks_free(DomainLocks *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainLocks, domain_locks_free)

G_END_DECLS
