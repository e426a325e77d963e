/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/set-state.h"

G_BEGIN_DECLS

/* What is particular to a snapshot set that becomes a reference point: it is removed as any other
 * (delete-plan.h), but for the checkpoints that were made with it. Before the first change its
 * record is marked, for what is found half removed after that is on its way. */

/**
 * convert_look:
 * @domains: (element-type utf8): the members of @collection
 *
 * Returns: the set, with its record, owned by the caller; NOT_SUPPORTED if it has no checkpoints;
 * INVALID_STATE if not all of it is there any more, or what has changed since it was made is not
 * known any more; NOT_FOUND if there is no such set.
 */
SetState *convert_look(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
                       const char *snapshot, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** convert_mark: Writes into the record that the set is on its way. */
gboolean convert_mark(const SetState *state, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** convert_tell: The set is removed: adds to @warnings (element-type utf8) of which members exports
 * will not know what has changed, and why. */
void convert_tell(Hypervisor *hypervisor, const SetState *state, GPtrArray *warnings);

G_END_DECLS
