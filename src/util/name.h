/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * name_check:
 * @name: a collection's, snapshot's or domain's name as a user gave it
 * @what: what it names, for the error ("collection")
 *
 * Returns: FALSE with INVALID_PARAMETER if @name is empty, not UTF-8, longer than 255 bytes or
 * holds control characters or what XML cannot hold. Anything else is a name: spaces, quotes,
 * '<', a leading dash.
 */
gboolean name_check(const char *name, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** path_check: Returns: FALSE with INVALID_PARAMETER, naming @path escaped, if it holds what XML
 * cannot (bytes that are not UTF-8, control characters, U+FFFE, U+FFFF): nothing that is written
 * of an export or a job could name it. */
gboolean path_check(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** text_fits_xml: Returns: TRUE if XML can hold @text: it is UTF-8 without control characters, but
 * for blanks, U+FFFE and U+FFFF. */
gboolean text_fits_xml(const char *text);

/** text_for_xml: Returns: @text with U+FFFD for what XML cannot hold, owned by the caller: for
 * messages that quote what a stranger wrote. */
char *text_for_xml(const char *text);

/**
 * name_to_component:
 *
 * Returns: @name as one path component, owned by the caller. It is @name itself wherever a file
 * system takes it; '/', '%', control characters and a leading '.' become %XX, and what would be
 * too long is cut and made unique by a hash. Two names never share a component.
 */
char *name_to_component(const char *name);

/**
 * name_from_component:
 * Returns: the name that name_to_component() made @component from, or NULL if it made it from
 * none (or had to cut it).
 */
char *name_from_component(const char *component);

G_END_DECLS
