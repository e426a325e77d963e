/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** strings_to_strv: Returns: a copy of @strings (char*), ended by NULL, owned by the caller. */
GStrv strings_to_strv(const GPtrArray *strings);

G_END_DECLS
