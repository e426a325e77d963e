/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
#include <stdlib.h>

#include "tests/unit/chain-fixture.h"
#include "tests/unit/harness.h"

static void
set_up(ChainFixture *f, gconstpointer data)
{
    g_autofree char *made = scratch_new();

    f->old = g_get_current_dir();
    f->dir = realpath(made, NULL);
    g_assert_cmpint(g_chdir(f->dir), ==, 0);
    f->cache = chain_cache_new();
}

static void
tear_down(ChainFixture *f, gconstpointer data)
{
    g_assert_cmpint(g_chdir(f->old), ==, 0);
    chain_cache_free(f->cache);
    scratch_free(f->dir);
    g_free(f->old);
}

void
chain_sh(const char *script)
{
    g_free(run("sh", "-ec", script, NULL));
}

void
chain_assert_layer(ChainFixture *f, const Layer *layer, const char *name, const char *format)
{
    g_autofree char *path = g_build_filename(f->dir, name, NULL);

    g_assert_nonnull(layer);
    g_assert_cmpstr(layer->path, ==, path);
    g_assert_cmpstr(layer->format, ==, format);
}

void
chain_run_tests(const char *prefix, const ChainTest *tests, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", prefix, tests[i].name);

        g_test_add(path, ChainFixture, NULL, set_up, tests[i].func, tear_down);
    }
}
