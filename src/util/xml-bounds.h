/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a document may have so that libxml2 needs time and memory in proportion to its size: it
 * compares every attribute of an element with all others of it, looks for a namespace among all
 * that are in force, and keeps names, and values of xml:id, in tables that do not grow. */

/**
 * xml_bounds_check:
 * @text: UTF-8
 * @length: (inout): its bytes; less afterwards if there is something in it that no parser can
 * take, behind which nothing was looked at: what is left is for a parser to complain of
 *
 * Looks at every tag once, in a time that grows as @length does.
 *
 * Returns: (transfer none) (nullable): why @text must not be parsed, for people; NULL if it may.
 */
const char *xml_bounds_check(const char *text, gsize *length);

G_END_DECLS
