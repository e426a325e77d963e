/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "export/live-scratch.h"
#include "tests/unit/harness.h"

static void
note_end(gpointer data)
{
    g_atomic_int_inc((gint *)data);
}

static LiveScratch *
watch(const char *directory, Control *control, gint *ends)
{
    g_autoptr(GPtrArray) directories = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    LiveScratch *self;

    g_ptr_array_add(directories, (gpointer)directory);
    self = live_scratch_watch(directories, control, note_end, ends, &error);
    g_assert_no_error(error);

    return self;
}

/* Nobody else may be able to: the workers wait for a target that hangs. */
static void
test_cancelled(void)
{
    g_autoptr(Scratch) directory = scratch_new();
    g_autoptr(Control) control = control_new();
    gint ends = 0;
    LiveScratch *self = watch(directory, control, &ends);

    control_cancel(control);
    while (g_atomic_int_get(&ends) == 0)
        g_usleep(1000);
    live_scratch_free(self);
    g_assert_cmpint(ends, ==, 1);
}

/* What has been read completely was let go before. */
static void
test_done(void)
{
    g_autoptr(Scratch) directory = scratch_new();
    g_autoptr(Control) control = control_new();
    gint ends = 0;

    live_scratch_free(watch(directory, control, &ends));
    g_assert_cmpint(ends, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live-scratch/cancelled", test_cancelled);
    g_test_add_func("/live-scratch/done", test_done);

    return g_test_run();
}
