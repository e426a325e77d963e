/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/* The groups of commands. Each is defined by the file of its own name. */

extern const CommandGroup cmd_collection_group;
extern const CommandGroup cmd_snapshot_group;
extern const CommandGroup cmd_reference_group;
extern const CommandGroup cmd_export_group;
extern const CommandGroup cmd_import_group;
extern const CommandGroup cmd_job_group;
extern const CommandGroup cmd_host_group;

G_END_DECLS
