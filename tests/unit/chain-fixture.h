/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"

G_BEGIN_DECLS

/* A directory in which tests of chains make their images. */

typedef struct {
    char *dir; /* the working directory of the test */
    char *old;
    ChainCache *cache;
} ChainFixture;

typedef struct {
    const char *name;
    void (*func)(ChainFixture *f, gconstpointer data);
} ChainTest;

/** chain_sh: Runs @script with sh; it must succeed. */
void chain_sh(const char *script);

/** chain_assert_layer: That @layer is the file @name below the directory, read as @format. */
void chain_assert_layer(ChainFixture *f, const Layer *layer, const char *name,
                        const char *format);

/** chain_run_tests: Adds @n of @tests below the path @prefix. */
void chain_run_tests(const char *prefix, const ChainTest *tests, gsize n);

G_END_DECLS
