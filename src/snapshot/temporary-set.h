/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/create-plan.h"
#include "snapshot/domain-locks.h"

G_BEGIN_DECLS

/* A snapshot set that is made for one export and removed again, whatever becomes of that. Its
 * record says that it is temporary (set-record.h) and is locked as long as somebody is at it: one
 * that is not locked was left by a process that was killed. By its name alone no set is taken for a
 * temporary one. */

/** What the names of temporary sets begin with. libvirt takes none that begins with a dot. */
#define TEMPORARY_SET_PREFIX "virtsnap-live-"

typedef struct TemporarySet TemporarySet;

/**
 * temporary_set_new:
 * @collection: (nullable): name of the collection; NULL: an unnamed one
 * @domains: (element-type utf8): names of its members
 * @name: name of the export that the set is for
 * @settings: settings, already checked
 *
 * Looks at every member as create_plan() does, and changes nothing. The caller has the locks of
 * @domains (domain-locks.h) from then until the set is made, if it is to be made.
 *
 * Returns: owned by the caller; NULL with the errors of create_plan(), with INVALID_PARAMETER if
 * @name cannot be that of a snapshot, or with IN_USE if one of @domains has a temporary set
 * already.
 */
TemporarySet *temporary_set_new(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
                                const char *name, const CreateSettings *settings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * temporary_set_make:
 * @warnings: (element-type utf8): gets warnings for the user
 *
 * Makes it, completely or not at all; see create_run().
 */
gboolean temporary_set_make(TemporarySet *self, Control *control, GPtrArray *warnings,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** temporary_set_record: Returns: (transfer none): what is known of it. */
const SetRecord *temporary_set_record(const TemporarySet *self);

/**
 * temporary_set_remove:
 * @warnings: (element-type utf8): gets what could not be put in order
 *
 * Merges what was written since into the layers of the members, and removes the set. It is no error
 * if it was not made. FALSE: temporary_set_recover() does the rest.
 */
gboolean temporary_set_remove(TemporarySet *self, GPtrArray *warnings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** temporary_set_free: Leaves the set as it is. NULL is fine. */
void temporary_set_free(TemporarySet *self);

/**
 * temporary_set_recover:
 * @domains: (element-type utf8): names of domains
 * @held: (nullable): the locks of domains that the caller has
 * @warnings: (element-type utf8): gets texts about what was done, and what could not be done
 *
 * Removes the temporary sets with any of @domains that were left by processes that were killed, in
 * whatever state they are.
 */
void temporary_set_recover(Hypervisor *hypervisor, GPtrArray *domains, const DomainLocks *held,
                           GPtrArray *warnings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TemporarySet, temporary_set_free)

G_END_DECLS
