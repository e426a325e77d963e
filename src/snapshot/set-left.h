/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What a job that changes snapshots has left, as the records of sets tell without the
 * hypervisor. */

/** The sets that a job may have left. */
typedef struct {
    const char *collection; /* NULL: the unnamed one of */
    GPtrArray *domains;     /* char*: these; (nullable) with a collection */
    const char *snapshot;   /* the name of the set; NULL: any */
    const char *back_to;    /* the set keeps what was before a way back to this; NULL: it does
                             * not */
    gboolean temporary;     /* it was made for one export */
} SetLeft;

/** set_left_check: Returns: FALSE with INVALID_STATE if there is such a set, and nobody at work on
 * it: one that is not complete, or a temporary one. */
gboolean set_left_check(const SetLeft *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
