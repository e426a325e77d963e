/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* The reference point that was made with a snapshot set: a checkpoint of each member that ran, with
 * the set's name, and with an id that no other one has. While the set is there it belongs to it. */

/** set_point_has: Returns: whether a checkpoint of @member was to be made. */
gboolean set_point_has(const SetMember *member);

/**
 * set_point_find:
 *
 * Returns: the checkpoint that was made with the snapshot of @member, owned by the caller;
 * NOT_FOUND if there is none, or only a later one of that name.
 */
HypervisorCheckpoint *set_point_find(Hypervisor *hypervisor, const SetRecord *record,
                                     const SetMember *member, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * set_point_drop:
 * @warnings: (element-type utf8): what libvirt could not take out of images is added
 *
 * Deletes that checkpoint. It is no error if there is none.
 */
gboolean set_point_drop(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
                        GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
