/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "tests/unit/fake-ends.h"
#include "transfer/engine.h"

G_BEGIN_DECLS

/* Helpers for tests of the engine: items with any source and any sink. */

/* What one item is made of. */
typedef struct {
    EngineItem item;
    FakeSource *fake;   /* where it comes from: this, */
    const char *from;   /* or a file, */
    GBytes *bytes;      /* or the memory */
    FakeSink *sink;     /* where it goes: this, */
    int to_dir;         /* or the file "to" in this directory, if not -1; else nowhere */
    gboolean refuse_open;
    gboolean refuse_finish;
    guint finished;
} Copy;

/** copy_init: Makes @copy one that wants a digest and goes nowhere. */
void copy_init(Copy *copy);

/** run_copies: engine_run() of @n @copies. */
gboolean run_copies(Copy *copies, guint n, guint workers, Control *control, EngineStats *stats,
                    GError **error);

/** run_copy: Runs one that must succeed. Returns: its digest as fsverity writes it. */
char *run_copy(Copy *copy, EngineStats *stats);

G_END_DECLS
