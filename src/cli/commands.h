/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/** All groups, in the order of the help, ended by NULL. Only main() knows them by this name: all
 * others take them from the context. */
extern const CommandGroup *const all_commands[];

G_END_DECLS
