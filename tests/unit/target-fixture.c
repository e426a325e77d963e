/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "tests/unit/harness.h"
#include "tests/unit/records.h"
#include "tests/unit/target-fixture.h"
#include "util/fd.h"

void
target_set_up(TargetFixture *f, gconstpointer data)
{
    f->dir = scratch_new();
    f->to = g_build_filename(f->dir, "to", NULL);
}

void
target_tear_down(TargetFixture *f, gconstpointer data)
{
    scratch_free(f->dir);
    g_free(f->to);
}

void
target_sh(TargetFixture *f, const char *script)
{
    g_autofree char *whole = g_strdup_printf("cd '%s'; %s", f->dir, script);

    g_free(run("sh", "-ec", whole, NULL));
}

char *
target_listing(TargetFixture *f)
{
    return run("sh", "-c", "cd \"$0\" && find . -mindepth 1 | LC_ALL=C sort", f->dir, NULL);
}

void
target_assert_listing(TargetFixture *f, const char *wanted)
{
    g_autofree char *got = target_listing(f);

    g_assert_cmpstr(got, ==, wanted);
}

Target *
target_begin_new(TargetFixture *f, const char *snapshot, gboolean subdirectory)
{
    g_autoptr(GError) error = NULL;
    Target *target = target_at(f->to, "coll", snapshot, subdirectory, &error);

    g_assert_no_error(error);
    g_assert_true(target_begin(target, FALSE, &error));
    g_assert_no_error(error);

    return target;
}

void
target_put(Target *target, const char *name)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(file_create_at(target_fd(target), name, "x", 1, &error));
    g_assert_no_error(error);
}
