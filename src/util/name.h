/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * name_check:
 * @name: a collection's, snapshot's or domain's name as a user gave it
 * @what: the kind of object that @name names, for the error ("collection")
 *
 * Returns: FALSE with INVALID_PARAMETER if @name is empty, not UTF-8, longer than 255 bytes or
 * contains control characters or characters that XML cannot represent. Everything else is allowed,
 * as spaces, quotes, '<' and a leading dash.
 */
gboolean name_check(const char *name, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** text_fits_xml: Returns: TRUE if XML can represent @text: it is valid UTF-8 without U+FFFE,
 * U+FFFF and control characters other than tab, line feed and carriage return. */
gboolean text_fits_xml(const char *text);

/** text_for_xml: Returns: @text with each character that XML cannot represent replaced by U+FFFD,
 * owned by the caller. For messages that quote untrusted text. */
char *text_for_xml(const char *text);

/**
 * name_to_component:
 *
 * Returns: @name as one path component, owned by the caller. A name that every file system accepts
 * is its own component; '/', '%', '~', control characters and a leading '.' become %XX, and a
 * component that would be too long is cut and made unique by a hash. Two names never have the same
 * component.
 */
char *name_to_component(const char *name);

/**
 * name_from_component:
 * Returns: the name from which name_to_component() makes @component, owned by the caller; NULL if
 * there is none, or if the component was cut.
 */
char *name_from_component(const char *component);

G_END_DECLS
