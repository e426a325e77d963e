/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * options_check_keys:
 * @options: a dictionary (a{sv}) that somebody else has made
 *
 * D-Bus and GVariant let a dictionary have a key twice, and of the functions that look into it some
 * find the first value and others the last.
 *
 * Returns: FALSE with INVALID_PARAMETER naming a key that is there more than once.
 */
gboolean options_check_keys(GVariant *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
