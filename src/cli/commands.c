/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "cli/cmd-groups.h"
#include "cli/commands.h"

const CommandGroup *const all_commands[] = {
    &cmd_collection_group, &cmd_snapshot_group, &cmd_reference_group, &cmd_export_group,
    &cmd_import_group,     &cmd_job_group,      &cmd_host_group,      NULL,
};
