/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "util/error.h"

G_BEGIN_DECLS

/* What interrupted nights have left. Each night has a name of its own, so the next one does not go
 * on with it, but removes it. The name does not tell whose a partial export is: others may give an
 * export that they want to resume the name of a moment, too. So a night is noted before it exports,
 * in the directory "nights" of virtsnap's state, and only what is noted is removed. */

/**
 * night_left_note:
 * @config: name of the configuration
 * @place: of the export that the night is about to make
 *
 * Notes the night durably.
 */
gboolean night_left_note(const char *config, const ExportPlace *place, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** night_left_forget: Removes the note of the night that has exported to @place, unless it has left
 * something there. */
void night_left_forget(const char *config, const ExportPlace *place);

/**
 * night_left_tidy:
 * @config: name of the configuration
 *
 * Removes the partial exports that earlier nights of @config have left, unless somebody is at work
 * on them. Those that are not found stay noted: another medium may be there at present.
 *
 * Returns: FALSE if one of them could not be removed; the others are.
 */
gboolean night_left_tidy(const char *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
