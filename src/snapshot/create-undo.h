/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/**
 * create_undo:
 *
 * Takes back what there is of the set in @record, which is not complete: each member writes into
 * what it wrote before, has no such snapshot, and no file is left. Fine where there is nothing. All
 * members are tried. Returns: FALSE with the first error if something is left.
 */
gboolean create_undo(Hypervisor *hypervisor, const SetRecord *record, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
