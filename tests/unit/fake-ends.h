/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/engine.h"

G_BEGIN_DECLS

/* A source and a sink that behave as a test requests, and count whether they were freed. */

typedef struct FakeSource FakeSource;
struct FakeSource {
    guint64 size;     /* bytes; all of them 0x55, */
    gboolean zeros;   /* or 0 (which are no holes) */
    gulong read_us;   /* how long each read takes */
    gboolean fail_read;    /* CORRUPT, */
    guint64 fail_from;     /* from this byte on */
    gboolean fail_check;   /* IN_USE */
    gboolean fail_extents; /* INVALID_STATE */
    gint64 first_read; /* result: monotonic us */
};

/** fake_source_open: Returns: a source that behaves as @fake says, owned by the caller. */
Source *fake_source_open(FakeSource *fake);

typedef struct FakeSink FakeSink;
struct FakeSink {
    gboolean discard;    /* keep nothing */
    gboolean clones;     /* take over what a clone gives; else such is refused */
    gboolean fail_write; /* NO_SPACE */
    gboolean fail_flush; /* FAILED */
    void (*on_write)(FakeSink *fake, guint64 offset); /* optional */
    void (*on_flush)(FakeSink *fake, guint64 offset); /* optional */
    gpointer user_data;
    guint8 *data; /* result, and these */
    guint64 bytes_written;
    guint clone_calls;
    guint flushes;
};

/** fake_sink_open: Returns: a sink that behaves as @fake says, owned by the caller. */
Sink *fake_sink_open(FakeSink *fake, guint64 size);

/** Frees what @fake took. */
void fake_sink_clear(FakeSink *fake);

/** fake_alive: Returns: how many of both there are that nobody freed. */
int fake_alive(void);

G_END_DECLS
