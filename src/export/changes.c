/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#include "export/changes.h"
#include "transfer/extents.h"
#include "util/fd.h"
#include "util/ranked-bits.h"

/* As much as the engine gives at once, and as is read of the base. */
#define BLOCK_BYTES ((gsize)1 << 20)
/* As many as an engine may have workers. */
#define WORKERS_MAX 64

struct Changes {
    grefcount refs;
    guint64 size;
    GMutex lock; /* guards the rest */
    RankedBits *units;
    gboolean indexed;
};

Changes *
changes_new(guint64 size, const char *what, GError **error)
{
    RankedBits *units = ranked_bits_new(size / CHANGES_UNIT + 1);
    Changes *self;

    if (!units) {
        virt_snap_error_set_errno(error, ENOMEM, _("Cannot map the disk of '%s'"), what);
        return NULL;
    }
    self = g_new0(Changes, 1);
    g_ref_count_init(&self->refs);
    g_mutex_init(&self->lock);
    self->size = size;
    self->units = units;

    return self;
}

Changes *
changes_ref(Changes *self)
{
    g_ref_count_inc(&self->refs);

    return self;
}

void
changes_unref(Changes *self)
{
    if (!self || !g_ref_count_dec(&self->refs))
        return;
    ranked_bits_free(self->units);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void
changes_add(Changes *self, guint64 offset, guint64 length)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    guint64 end = MIN(offset + length, self->size);

    if (offset < end)
        ranked_bits_set(self->units, offset / CHANGES_UNIT, (end - 1) / CHANGES_UNIT + 1);
}

/* The set answers questions once it is complete. */
static RankedBits *
units_of(Changes *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (!self->indexed)
        ranked_bits_index(self->units);
    self->indexed = TRUE;

    return self->units;
}

gboolean
changes_has(Changes *self, guint64 offset)
{
    return ranked_bits_has(units_of(self), offset / CHANGES_UNIT);
}

const RankedBits *
changes_units(Changes *self)
{
    return units_of(self);
}

guint64
changes_bytes(Changes *self)
{
    return MIN(ranked_bits_count(units_of(self)) * CHANGES_UNIT, self->size);
}

/* --- comparing -------------------------------------------------------------- */

/* A sink is not told which worker writes; a source has to know which one reads. */
typedef struct {
    GThread *thread;
    guint8 *block; /* of the base: BLOCK_BYTES */
    GArray *extents;
    DigestSegment *hasher;
} Reader;

typedef struct {
    Sink parent;
    Changes *changes; /* owned, and so is the next */
    Source *base;
    ContentNodes *nodes; /* (nullable), not owned, as the next one */
    Control *control;
    GMutex lock; /* guards who reads */
    Reader readers[WORKERS_MAX];
} ChangesSink;

/* The number of the worker that calls; as many as there are, call. */
static guint
find_reader(ChangesSink *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    GThread *thread = g_thread_self();
    guint i = 0;

    while (i < WORKERS_MAX - 1 && self->readers[i].thread && self->readers[i].thread != thread)
        i++;
    if (!self->readers[i].thread) {
        self->readers[i].thread = thread;
        self->readers[i].block = fd_buffer_new(BLOCK_BYTES);
        self->readers[i].extents = g_array_new(FALSE, FALSE, sizeof(Extent));
        self->readers[i].hasher = digest_segment_new();
    }

    return i;
}

/* What was at @offset, into the reader's block: zeros behind the end. */
static gboolean
read_base(ChangesSink *self, guint reader, guint64 offset, gsize length, GError **error)
{
    guint8 *block = self->readers[reader].block;
    guint64 size = self->base->size;
    gsize have = (gsize)MIN(length, size - MIN(offset, size));

    if (have > 0 && !self->base->ops->read(self->base, reader, block, offset, have, error))
        return FALSE;
    memset(block + have, 0, length - have);

    return TRUE;
}

/* @now: NULL: zeros */
static void
compare_with_before(ChangesSink *self, guint reader, const guint8 *now, guint64 offset,
                    gsize length)
{
    static const guint8 zeros[CHANGES_UNIT];
    const guint8 *before = self->readers[reader].block;

    for (gsize at = 0; at < length; at += CHANGES_UNIT) {
        gsize part = MIN(length - at, CHANGES_UNIT);

        if (memcmp(before + at, now ? now + at : zeros, part) != 0)
            changes_add(self->changes, offset + at, part);
    }
}

/* Returns: whether the part at @offset, or what there is of it at the end of the disk, is known to
 * be the same. */
static gboolean
is_known(ChangesSink *self, guint reader, const guint8 *now, guint64 offset, gsize length)
{
    Reader *own = &self->readers[reader];

    if (!self->nodes)
        return FALSE;
    if (length < DIGEST_PART) {
        memcpy(own->block, now, length);
        memset(own->block + length, 0, DIGEST_PART - length);
        now = own->block;
    }

    return content_nodes_same(self->nodes, own->hasher, offset, now);
}

/* How much of what begins at @offset has to be read of the base: whole parts, up to one that is
 * known. */
static gsize
find_known(ChangesSink *self, guint reader, const guint8 *now, guint64 offset, gsize length,
           gsize *known)
{
    gsize at = 0;

    *known = 0;
    while (at < length && *known == 0) {
        gsize part = MIN(length - at, DIGEST_PART);

        if (is_known(self, reader, now + at, offset + at, part))
            *known = part;
        else
            at += part;
    }

    return at;
}

static gboolean
changes_sink_write(Sink *sink, const void *buffer, guint64 offset, gsize length, GError **error)
{
    ChangesSink *self = (ChangesSink *)sink;
    guint reader = find_reader(self);
    const guint8 *now = buffer;

    for (gsize at = 0; at < length;) {
        gsize known;
        gsize other = find_known(self, reader, now + at, offset + at, length - at, &known);

        if (other > 0 && !read_base(self, reader, offset + at, other, error))
            return FALSE;
        compare_with_before(self, reader, now + at, offset + at, other);
        at += other + known;
    }

    return TRUE;
}

/* Where the disk is zeros now, what the base has there. */
static gboolean
compare_zeros(ChangesSink *self, guint reader, const Extent *extent, GError **error)
{
    for (guint64 done = 0; extent->data && done < extent->length;) {
        gsize part = (gsize)MIN(extent->length - done, BLOCK_BYTES);

        if (!control_pass(self->control, part, error) ||
            !read_base(self, reader, extent->offset + done, part, error))
            return FALSE;
        compare_with_before(self, reader, NULL, extent->offset + done, part);
        done += part;
    }

    return TRUE;
}

/* Whole parts, so that none is compared by halves. */
static gboolean
find_base_data(ChangesSink *self, guint reader, guint64 offset, guint64 end, GError **error)
{
    GArray *extents = self->readers[reader].extents;
    Source *base = self->base;
    Extent all = {offset, end - offset, TRUE};

    g_array_set_size(extents, 0);
    if (base->ops->extents)
        return base->ops->extents(base, reader, offset, end - offset, extents, error);
    g_array_append_val(extents, all);

    return TRUE;
}

static gboolean
changes_sink_hole(Sink *sink, guint64 offset, guint64 length, GError **error)
{
    ChangesSink *self = (ChangesSink *)sink;
    guint reader = find_reader(self);
    guint64 end = MIN(offset + length, self->base->size);

    if (self->nodes)
        content_nodes_hole(self->nodes, length);
    if (offset >= end)
        return TRUE;
    if (!find_base_data(self, reader, offset, end, error))
        return FALSE;
    extents_round(self->readers[reader].extents, offset, end, 0, CHANGES_UNIT);
    for (guint i = 0; i < self->readers[reader].extents->len; i++) {
        if (!compare_zeros(self, reader, &g_array_index(self->readers[reader].extents, Extent, i),
                           error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
changes_sink_flush(Sink *sink, GError **error)
{
    Source *base = ((ChangesSink *)sink)->base;

    return !base->ops->check || base->ops->check(base, error);
}

/* The engine asks it only if one is wanted; that there is one has it give zeros, too. */
static guint8 *
changes_sink_digest(G_GNUC_UNUSED Sink *sink, G_GNUC_UNUSED guint8 *digest)
{
    return NULL;
}

static void
changes_sink_free(Sink *sink)
{
    ChangesSink *self = (ChangesSink *)sink;

    for (gsize i = 0; i < WORKERS_MAX; i++) {
        if (!self->readers[i].thread)
            continue;
        free(self->readers[i].block);
        g_array_unref(self->readers[i].extents);
        digest_segment_free(self->readers[i].hasher);
    }
    source_free(self->base);
    changes_unref(self->changes);
    g_mutex_clear(&self->lock);
    g_free(sink->what);
    g_free(self);
}

static const SinkOps changes_sink_ops = {
    .name = "changes",
    .write = changes_sink_write,
    .hole = changes_sink_hole,
    .flush = changes_sink_flush,
    .digest = changes_sink_digest,
    .free = changes_sink_free,
};

Sink *
changes_sink_new(Changes *changes, Source *base, ContentNodes *nodes, Control *control)
{
    ChangesSink *self = g_new0(ChangesSink, 1);

    self->parent.ops = &changes_sink_ops;
    self->parent.what = g_strdup(base->what);
    self->parent.size = changes->size;
    self->parent.unit = nodes ? DIGEST_PART : CHANGES_UNIT;
    self->nodes = nodes;
    self->changes = changes_ref(changes);
    self->base = base;
    self->control = control;
    g_mutex_init(&self->lock);

    return &self->parent;
}

/* --- the changes as a source -------------------------------------------------- */

typedef struct {
    Source parent;
    Changes *changes; /* owned, and so is the next */
    Source *disk;
    const RankedBits *units; /* of the changes, complete */
} ChangesSource;

static gboolean
changes_source_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                    GError **error)
{
    Source *disk = ((ChangesSource *)source)->disk;

    return disk->ops->read(disk, worker, buffer, offset, length, error);
}

static gboolean
changes_source_extents(Source *source, G_GNUC_UNUSED guint worker, guint64 offset, guint64 length,
                       GArray *extents, G_GNUC_UNUSED GError **error)
{
    ChangesSource *self = (ChangesSource *)source;

    for (guint64 end = offset + length; offset < end;) {
        guint64 unit = offset / CHANGES_UNIT;
        Extent extent = {offset, 0, ranked_bits_has(self->units, unit)};

        do
            unit++;
        while (unit * CHANGES_UNIT < end && ranked_bits_has(self->units, unit) == extent.data);
        extent.length = MIN(unit * CHANGES_UNIT, end) - offset;
        g_array_append_val(extents, extent);
        offset += extent.length;
    }

    return TRUE;
}

static gboolean
changes_source_check(Source *source, GError **error)
{
    Source *disk = ((ChangesSource *)source)->disk;

    return !disk->ops->check || disk->ops->check(disk, error);
}

static void
changes_source_free(Source *source)
{
    ChangesSource *self = (ChangesSource *)source;

    source_free(self->disk);
    changes_unref(self->changes);
    g_free(source->what);
    g_free(self);
}

static const SourceOps changes_source_ops = {
    .name = "changes",
    .read = changes_source_read,
    .extents = changes_source_extents,
    .check = changes_source_check,
    .free = changes_source_free,
};

Source *
changes_source_new(Changes *changes, Source *disk)
{
    ChangesSource *self = g_new0(ChangesSource, 1);

    self->parent.ops = &changes_source_ops;
    self->parent.what = g_strdup(disk->what);
    self->parent.size = disk->size;
    self->changes = changes_ref(changes);
    self->disk = disk;
    self->units = units_of(changes);

    return &self->parent;
}
