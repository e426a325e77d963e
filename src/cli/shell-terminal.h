/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"

G_BEGIN_DECLS

/**
 * shell_terminal_open:
 * @session: the shell; what is completed is looked up through its connection
 *
 * Prepares for shell_terminal_read(). The lines of earlier sessions are in
 * $XDG_STATE_HOME/virtsnap/history, which only its owner may read.
 */
void shell_terminal_open(CliContext *session);

/**
 * shell_terminal_read:
 *
 * Lets the user edit a line; an interrupt clears it.
 *
 * Returns: (nullable): the line, without its end, owned by the caller; NULL at the end of input.
 */
char *shell_terminal_read(const char *prompt);

G_END_DECLS
