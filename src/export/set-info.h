/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/set-state.h"

G_BEGIN_DECLS

/* What there is of a snapshot collection, and whether its images still hold what they held, which
 * is what a plan of its export finds out. */

typedef struct {
    SetState *state;
    GPtrArray *changes; /* char*: what was written to since, merged, or is gone */
    char *unseen;       /* why the images were not looked at; NULL: they were */
} SetInfo;

/**
 * set_info_new:
 * @collection: its name
 *
 * Returns: owned by the caller; NOT_FOUND if there is no such collection, or if no member has the
 * snapshot, and no record either.
 */
SetInfo *set_info_new(Hypervisor *hypervisor, const char *collection, const char *snapshot,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** set_info_status: Returns: "partial": not every member has the snapshot; "changed" or
 * "complete". */
const char *set_info_status(const SetInfo *self);

/** set_info_free: Frees @self, which may be NULL. */
void set_info_free(SetInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SetInfo, set_info_free)

G_END_DECLS
