/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * json_text_is_object:
 *
 * Looks at the brackets of a text before json-glib parses it. Returns: whether @json is exactly one
 * JSON object, as far as they tell. Of several objects json-glib would take the last one, and leak
 * the others, while QEMU refuses them; json-glib also accepts comments, in which the end of the
 * first object could hide.
 */
gboolean json_text_is_object(const char *json);

G_END_DECLS
