/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"

G_BEGIN_DECLS

/* What the tests of targets share: a directory of their own. */

typedef struct {
    char *dir;
    char *to; /* dir/to, not there yet */
} TargetFixture;

void target_set_up(TargetFixture *f, gconstpointer data);
void target_tear_down(TargetFixture *f, gconstpointer data);

/** target_sh: Runs @script in the directory. */
void target_sh(TargetFixture *f, const char *script);

/** target_listing: Returns: everything that is there, one path a line, sorted; caller's. */
char *target_listing(TargetFixture *f);

/** target_assert_listing: @wanted: what target_listing() is to give. */
void target_assert_listing(TargetFixture *f, const char *wanted);

/** target_begin_new: Returns: the target "coll", @snapshot below to, begun; owned by the caller. */
Target *target_begin_new(TargetFixture *f, const char *snapshot, gboolean subdirectory);

/** target_put: Makes a small file in @target. */
void target_put(Target *target, const char *name);

G_END_DECLS
