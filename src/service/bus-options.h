/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/** An option of a method and the variable for its value: either @value or @text. */
typedef struct {
    const char *name; /* NULL ends a table */
    gboolean *value;
    char **text; /* the text is owned by the caller */
} BusOption;

/** bus_options_parse: Stores the values of @dictionary (a{sv}) in the variables of @options.
 * Returns: FALSE with INVALID_PARAMETER naming a key that is not in @options or whose value has the
 * wrong type. */
gboolean bus_options_parse(GVariant *dictionary, const BusOption *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
