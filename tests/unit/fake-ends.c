/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/fake-ends.h"
#include "util/fd.h"

static int alive;

int
fake_alive(void)
{
    return g_atomic_int_get(&alive);
}

/* --- source ----------------------------------------------------------------- */

typedef struct {
    Source parent;
    FakeSource *fake;
} OpenSource;

static gboolean
fake_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
          GError **error)
{
    FakeSource *fake = ((OpenSource *)source)->fake;

    g_assert_cmpuint((gsize)buffer % 4096, ==, 0);
    g_assert_cmpuint(offset % 4096, ==, 0);
    g_assert_cmpuint(offset + length, <=, source->size);
    if (fake->first_read == 0)
        fake->first_read = g_get_monotonic_time();
    if (fake->read_us > 0)
        g_usleep(fake->read_us);
    if (fake->fail_read && offset + length > fake->fail_from) {
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT, "no read");
        return FALSE;
    }
    memset(buffer, fake->zeros ? 0 : 0x55, length);

    return TRUE;
}

static gboolean
fake_extents(Source *source, guint worker, guint64 offset, guint64 length, GArray *extents,
             GError **error)
{
    Extent all = {offset, length, TRUE};

    if (((OpenSource *)source)->fake->fail_extents) {
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE, "no extents");
        return FALSE;
    }
    g_array_append_val(extents, all);

    return TRUE;
}

static gboolean
fake_check(Source *source, GError **error)
{
    if (!((OpenSource *)source)->fake->fail_check)
        return TRUE;
    g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE, "no check");

    return FALSE;
}

static void
fake_source_free(Source *source)
{
    g_free(source->what);
    g_free(source);
    g_atomic_int_add(&alive, -1);
}

static const SourceOps fake_source_ops = {
    .name = "fake",
    .read = fake_read,
    .extents = fake_extents,
    .check = fake_check,
    .free = fake_source_free,
};

Source *
fake_source_open(FakeSource *fake)
{
    OpenSource *self = g_new0(OpenSource, 1);

    self->parent.ops = &fake_source_ops;
    self->parent.what = g_strdup("fake source");
    self->parent.size = fake->size;
    self->fake = fake;
    g_atomic_int_inc(&alive);

    return &self->parent;
}

/* --- sink ------------------------------------------------------------------- */

typedef struct {
    Sink parent;
    FakeSink *fake;
    GMutex lock;
} OpenSink;

static gboolean
fake_write(Sink *sink, const void *buffer, guint64 offset, gsize length, GError **error)
{
    OpenSink *self = (OpenSink *)sink;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_assert_cmpuint((gsize)buffer % 4096, ==, 0);
    g_assert_cmpuint(offset % 4096, ==, 0);
    g_assert_cmpuint(offset + length, <=, sink->size);
    if (self->fake->fail_write) {
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE, "no write");
        return FALSE;
    }
    if (self->fake->data)
        memcpy(self->fake->data + offset, buffer, length);
    self->fake->bytes_written += length;
    if (self->fake->on_write)
        self->fake->on_write(self->fake, offset);

    return TRUE;
}

static gboolean
fake_clone(Sink *sink, int fd)
{
    FakeSink *fake = ((OpenSink *)sink)->fake;

    fake->clone_calls++;
    if (!fake->clones)
        return FALSE;
    g_assert_true(fd_pread_all(fd, fake->data, (gsize)sink->size, 0, "clone", NULL));

    return TRUE;
}

static gboolean
fake_flush(Sink *sink, GError **error)
{
    FakeSink *fake = ((OpenSink *)sink)->fake;

    fake->flushes++;
    if (fake->on_flush)
        fake->on_flush(fake, sink->size);
    if (!fake->fail_flush)
        return TRUE;
    g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "no flush");

    return FALSE;
}

static void
fake_sink_free(Sink *sink)
{
    g_mutex_clear(&((OpenSink *)sink)->lock);
    g_free(sink->what);
    g_free(sink);
    g_atomic_int_add(&alive, -1);
}

static const SinkOps fake_sink_ops = {
    .name = "fake",
    .write = fake_write,
    .clone = fake_clone,
    .flush = fake_flush,
    .free = fake_sink_free,
};

Sink *
fake_sink_open(FakeSink *fake, guint64 size)
{
    OpenSink *self = g_new0(OpenSink, 1);

    self->parent.ops = &fake_sink_ops;
    self->parent.what = g_strdup("fake sink");
    self->parent.size = size;
    self->fake = fake;
    g_mutex_init(&self->lock);
    if (!fake->discard)
        fake->data = g_malloc0((gsize)size + 1);
    g_atomic_int_inc(&alive);

    return &self->parent;
}

void
fake_sink_clear(FakeSink *fake)
{
    g_clear_pointer(&fake->data, g_free);
}
