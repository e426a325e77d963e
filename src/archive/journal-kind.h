/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Exports and imports can go to the same directory, and then their partial directories have the
 * same name. What one has left the other neither resumes nor removes. */

/** With this the journal of an import begins. */
#define JOURNAL_OF_IMPORT "virtsnap import "

/**
 * journal_check_kind:
 * @fd: the locked journal in a partial directory
 * @import: whether it has to be of an import, or of an export
 * @parent: the directory in which the partial one has the name @partial
 *
 * Returns: FALSE with INVALID_STATE naming the partial directory if it is of the other kind. A
 * journal without a whole first line was not begun, and is anybody's.
 */
gboolean journal_check_kind(int fd, gboolean import, const char *parent, const char *partial,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
