/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/** An option of a method, and where it goes: one of the two. */
typedef struct {
    const char *name; /* NULL: the end of a table */
    gboolean *value;
    char **text; /* owned by the caller afterwards */
} BusOption;

/** bus_options_parse: @dictionary: a{sv}. Returns: FALSE with INVALID_PARAMETER naming the key that
 * no one of @options has, or whose value is of another type. */
gboolean bus_options_parse(GVariant *dictionary, const BusOption *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
