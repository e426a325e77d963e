/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* usage: feed-progress auto|bar|json|none|quiet done|failed
 *
 * Reports half a second of work, every millisecond, for tests/cli/progress.sh. */

#include <config.h>

#include <string.h>

#include "cli/progress.h"

#define STEPS 500
#define STEP_BYTES (1024 * 1024)

int
main(int argc, char **argv)
{
    gboolean quiet = argc > 1 && strcmp(argv[1], "quiet") == 0;
    gboolean done = argc > 2 && strcmp(argv[2], "done") == 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(Progress) progress = NULL;
    ProgressMode mode;

    if (!progress_mode_parse(quiet ? NULL : argv[1], &mode, &error)) {
        g_printerr("%s\n", error->message);
        return 2;
    }
    progress = progress_new(mode, quiet);
    for (guint64 i = 0; i <= (done ? STEPS : STEPS / 2); i++) {
        progress_update(progress, "a disk with a rather long name.qcow2", i * STEP_BYTES,
                        (guint64)STEPS * STEP_BYTES);
        g_usleep(1000);
    }
    progress_finish(progress, done);

    return 0;
}
