/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Limits on what an XML document may contain, so that the time and memory that libxml2 needs grow
 * no faster than the document's size. libxml2 compares every attribute of an element with all
 * others of that element, searches all namespaces in scope for each name, and keeps names and
 * values of xml:id in hash tables of a fixed size. */

/**
 * xml_bounds_check:
 * @text: UTF-8
 * @length: (inout): length of @text in bytes. If @text is not well-formed at some place, it is set
 * to the length up to there, since nothing behind was checked: the parser reports the error in that
 * part
 * @marks: (inout): how many marks @text may have: one for each tag, two for each attribute; set to
 * how many it has up to @length
 *
 * Scans every tag once, in time proportional to @length.
 *
 * Returns: (transfer none) (nullable): why @text must not be parsed, translated; NULL if it may be
 * parsed.
 */
const char *xml_bounds_check(const char *text, gsize *length, gsize *marks);

/** The marks that any document may have: 256 MiB of tags would exhaust the memory. A manifest with
 * 200000 layers comes to 4 million. */
#define XML_MARKS_MAX ((gsize)4 << 20)

G_END_DECLS
