/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "util/strings.h"

GStrv
strings_to_strv(const GPtrArray *strings)
{
    GStrv copy = g_new0(char *, strings->len + 1);

    for (guint i = 0; i < strings->len; i++)
        copy[i] = g_strdup(g_ptr_array_index(strings, i));

    return copy;
}
