/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "transfer/engine-extents.h"
#include "transfer/engine-head.h"
#include "transfer/engine.h"
#include "transfer/extents.h"
#include "util/fd.h"
#include "util/process.h"

/* Size of one read or write: large enough for the full speed of the disk, small enough to be in the
 * processor's cache when it is hashed, and for cancelling and suspending to take effect soon. */
#define BLOCK_BYTES ((gsize)1 << 20)
/* There may be more workers than processors, because those that wait for the disk use none. */
#define WORKERS_MAX 64
/* Interval at which a waiting worker checks whether another worker has failed, microseconds. */
#define LISTEN_US 200000

typedef struct {
    GPtrArray *items;
    Control *control;
    GMutex lock; /* guards all below, and the items' own fields */
    GCond opened;
    guint current;     /* index of the first item that has segments left to hand out */
    guint64 descriptors; /* descriptors of all items that are open */
    gboolean opening;  /* a worker is opening the current item while the others wait */
    GError *error;     /* the first one */
    EngineStats stats;
} Engine;

typedef struct {
    Engine *engine;
    guint index;
    guint8 *buffer; /* BLOCK_BYTES; not owned */
    GArray *extents;
    DigestSegment *digest;
    EngineStats stats;
} Worker;

/* A piece of work: one aligned segment of one item. */
typedef struct {
    EngineItem *item;
    gsize index;
    guint64 start;
    guint64 end;
} Segment;

void
engine_item_clear(EngineItem *item)
{
    g_clear_pointer(&item->nodes, g_free);
    g_clear_pointer(&item->done, g_free);
    item->n_nodes = 0;
}

static void
release_ends(EngineItem *item)
{
    if (item->stop && item->source && item->sink)
        item->stop(item);
    g_clear_pointer(&item->source, source_free);
    g_clear_pointer(&item->sink, sink_free);
}

static void
set_first_error(Engine *self, GError *error, gboolean sink_failed)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (self->error) {
        g_error_free(error);
    } else {
        self->error = error;
        self->stats.sink_failed = sink_failed;
    }
    g_cond_broadcast(&self->opened);
}

/* FALSE with the error of another worker if one has failed, because the run fails anyway. */
static gboolean
check_others(Engine *self, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (!self->error)
        return TRUE;
    g_propagate_error(error, g_error_copy(self->error));

    return FALSE;
}

/* Waits while suspended or out of bandwidth, and ends when another worker fails meanwhile. */
static gboolean
wait_for_turn(Engine *self, gsize bytes, GError **error)
{
    gboolean passed = FALSE;

    while (!passed) {
        if (!check_others(self, error) ||
            !control_pass_for(self->control, bytes, LISTEN_US, &passed, error))
            return FALSE;
    }

    return TRUE;
}

/* Whether the engine computes the digest of @item, and not its sink. */
static gboolean
engine_hashes(const EngineItem *item)
{
    return item->want_digest && !(item->sink && item->sink->ops->digest);
}

/* Sorts the heaviest items first, so that none of them is left for a single worker at the end. */
static gint
compare_weight(gconstpointer a, gconstpointer b)
{
    const EngineItem *one = *(const EngineItem *const *)a;
    const EngineItem *two = *(const EngineItem *const *)b;

    return one->weight < two->weight ? 1 : one->weight > two->weight ? -1 : 0;
}

static gboolean
try_clone(EngineItem *item, GError **error)
{
    int fd = item->source->ops->get_fd ? item->source->ops->get_fd(item->source) : -1;

    if (!item->sink || !item->sink->ops->clone || fd < 0 || item->source->size == 0)
        return TRUE;
    item->cloned = item->sink->ops->clone(item->sink, fd);
    if (item->cloned && item->head)
        return engine_head_write(item, error);

    return TRUE;
}

static void
credit_bytes(Engine *self, EngineItem *item, guint64 bytes)
{
    guint64 part;

    g_mutex_lock(&self->lock);
    item->moved += bytes;
    /* The last byte of the weight is counted when the item is durable. */
    part = MIN(item->moved, item->weight > 0 ? item->weight - 1 : 0) - item->credited;
    item->credited += part;
    g_mutex_unlock(&self->lock);
    control_advance_part(self->control, item->part, part);
}

/* Marks the segments that an earlier run moved as done and counts their share of the weight. */
static void
take_earlier_segments(Engine *self, EngineItem *item)
{
    gsize n = 0;

    item->done = g_malloc0(item->n_segments + 1);
    for (guint i = 0; i < item->earlier->len; i++) {
        const EngineSegment *segment = &g_array_index(item->earlier, EngineSegment, i);

        memcpy(item->nodes + segment->index * DIGEST_BYTES, segment->node, DIGEST_BYTES);
        n += !item->done[segment->index];
        item->done[segment->index] = TRUE;
    }
    item->segments_left -= n;
    if (n > 0)
        credit_bytes(self, item,
                     (guint64)((double)item->weight * (double)n / (double)item->n_segments));
}

static gboolean
open_engine_item(Engine *self, EngineItem *item, GError **error)
{
    if (!item->open(item, error) || !try_clone(item, error))
        return FALSE;
    item->n_segments = digest_n_segments(item->source->size);
    item->segments_left = item->n_segments;
    item->n_nodes = item->n_segments;
    item->nodes = g_try_malloc0(item->n_segments * DIGEST_BYTES + 1);
    if (!item->nodes) {
        virt_snap_error_set_errno(error, ENOMEM, _("Cannot copy '%s'"), item->source->what);
        return FALSE;
    }
    if (item->earlier)
        take_earlier_segments(self, item);

    return TRUE;
}

/* Checks the source, flushes the sink and computes the digest of an item that is all moved. */
static gboolean
finish_engine_item(Engine *self, EngineItem *item, gboolean *sink_failed, GError **error)
{
    if ((item->source->ops->check && !item->source->ops->check(item->source, error)) ||
        (item->was_read && !item->was_read(item, error)))
        return FALSE;
    *sink_failed = item->sink && !item->sink->ops->flush(item->sink, error);
    if (*sink_failed)
        return FALSE;
    if (engine_hashes(item)) {
        digest_fold(item->nodes, item->source->size, item->digest);
    } else if (item->want_digest) {
        g_free(item->nodes);
        item->nodes = item->sink->ops->digest(item->sink, item->digest);
        item->n_nodes = digest_n_segments(item->sink->size);
    }
    if (item->finish && !item->finish(item, error))
        return FALSE;
    g_clear_pointer(&item->source, source_free);
    g_clear_pointer(&item->sink, sink_free);
    g_mutex_lock(&self->lock);
    self->descriptors -= item->descriptors;
    g_cond_broadcast(&self->opened);
    g_mutex_unlock(&self->lock);
    control_advance_part(self->control, item->part, item->weight - item->credited);

    return TRUE;
}

static gboolean
write_part(Worker *worker, EngineItem *item, gsize from, guint64 offset, gsize length,
           GError **error)
{
    if (!item->sink->ops->write(item->sink, worker->buffer + from, offset, length, error)) {
        worker->stats.sink_failed = TRUE;
        return FALSE;
    }
    worker->stats.bytes_written += length;

    return TRUE;
}

/* Writes a block without its zeros: a sink begins as all zeros, so zeros that the source did not
 * report as a hole need not be written either. A sink that computes its own digest gets
 * everything. */
static gboolean
write_block(Worker *worker, EngineItem *item, guint64 offset, gsize length, GError **error)
{
    gsize zeros = 0;

    if (item->sink->ops->digest)
        return write_part(worker, item, 0, offset, length, error);
    for (gsize at = 0; at < length; at += zeros) {
        gsize data = extents_find_zeros(worker->buffer, at, length, &zeros) - at;

        if (zeros == length)
            worker->stats.blocks_zero++;
        if (data > 0 && !write_part(worker, item, at, offset + at, data, error))
            return FALSE;
        at += data;
    }

    return TRUE;
}

static gboolean
move_block(Worker *worker, Segment *segment, guint64 offset, gsize length, GError **error)
{
    EngineItem *item = segment->item;
    gsize n_blocks = (length + DIGEST_BLOCK - 1) / DIGEST_BLOCK;

    if (!wait_for_turn(worker->engine, length, error))
        return FALSE;
    if (length % DIGEST_BLOCK != 0)
        memset(worker->buffer + (n_blocks - 1) * DIGEST_BLOCK, 0, DIGEST_BLOCK);
    if (!item->source->ops->read(item->source, worker->index, worker->buffer, offset, length,
                                 error))
        return FALSE;
    /* The source may leave anything behind its end, where digest and file need zeros. */
    memset(worker->buffer + length, 0, n_blocks * DIGEST_BLOCK - length);
    engine_head_apply(item, worker->buffer, offset, length);
    worker->stats.bytes_read += length;
    if (engine_hashes(item))
        digest_segment_data(worker->digest, worker->buffer, n_blocks);

    if (item->sink && !item->cloned && !write_block(worker, item, offset, length, error))
        return FALSE;
    credit_bytes(worker->engine, item, length);

    return TRUE;
}

static gboolean
pass_hole(Worker *worker, EngineItem *item, const Extent *extent, GError **error)
{
    gsize n_blocks = (gsize)((extent->length + DIGEST_BLOCK - 1) / DIGEST_BLOCK);

    if (engine_hashes(item))
        digest_segment_hole(worker->digest, n_blocks);
    if (!item->sink || !item->sink->ops->hole)
        return TRUE;

    return item->sink->ops->hole(item->sink, extent->offset, extent->length, error);
}

static gboolean
move_extent(Worker *worker, Segment *segment, const Extent *extent, GError **error)
{
    if (!extent->data)
        return pass_hole(worker, segment->item, extent, error);
    for (guint64 done = 0; done < extent->length;) {
        gsize length = (gsize)MIN(extent->length - done, BLOCK_BYTES);

        if (!move_block(worker, segment, extent->offset + done, length, error))
            return FALSE;
        done += length;
    }

    return TRUE;
}

/* Claims for this worker the segments up to @end that no worker has taken yet. */
static void
claim_run(Engine *self, EngineItem *item, gsize end, gsize *from, gsize *to)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    *from = item->next_segment;
    *to = MAX(item->next_segment, end);
    item->next_segment = *to;
    for (gsize i = *from; i < *to; i++)
        item->segments_left -= !(item->done && item->done[i]);
}

/* Handles at once all segments that follow @segment and belong to the same hole. They are not
 * recorded for a resumed run, since passing them again costs next to nothing. */
static gboolean
pass_run(Worker *worker, const Segment *segment, GError **error)
{
    EngineItem *item = segment->item;
    gsize from, to, n;

    if (!control_pass(worker->engine->control, 0, error) ||
        !engine_extents_measure_hole(item, worker->index, segment->end, worker->extents, &n,
                                     error))
        return FALSE;
    if (n == 0)
        return TRUE;
    claim_run(worker->engine, item, segment->index + 1 + n, &from, &to);
    for (gsize i = from; engine_hashes(item) && i < to; i++)
        memcpy(item->nodes + i * DIGEST_BYTES, digest_segment_zeros(worker->digest),
               DIGEST_BYTES);
    if (from == to || !item->sink || !item->sink->ops->hole)
        return TRUE;

    return item->sink->ops->hole(item->sink, from * DIGEST_SEGMENT, (to - from) * DIGEST_SEGMENT,
                                 error);
}

/* The sink has the part, and its node is known. */
static void
pass_part(Worker *worker, EngineItem *item, const guint8 *node, guint64 length)
{
    if (engine_hashes(item))
        digest_segment_part(worker->digest, node,
                            (gsize)((length + DIGEST_BLOCK - 1) / DIGEST_BLOCK));
    credit_bytes(worker->engine, item, length);
}

static gboolean
move_unknown_parts(Worker *worker, Segment *segment, const EngineParts *parts, GError **error)
{
    for (guint i = 0; segment->start + i * DIGEST_PART < segment->end; i++) {
        guint64 from = segment->start + i * DIGEST_PART;
        Extent part = {from, MIN(DIGEST_PART, segment->end - from), TRUE};

        if (parts->known[i])
            pass_part(worker, segment->item, parts->nodes + i * DIGEST_BYTES, part.length);
        else if (!move_extent(worker, segment, &part, error))
            return FALSE;
    }

    return TRUE;
}

/* @hole: (out): whether nothing of the segment is data */
static gboolean
move_extents(Worker *worker, Segment *segment, gboolean *hole, GError **error)
{
    if (!engine_extents_find(segment->item, worker->index, segment->start, segment->end,
                             worker->extents, error))
        return FALSE;
    *hole = engine_extents_is_hole(worker->extents);
    for (guint i = 0; i < worker->extents->len; i++) {
        if (!move_extent(worker, segment, &g_array_index(worker->extents, Extent, i), error))
            return FALSE;
    }

    return TRUE;
}

static void
finish_digest(Worker *worker, const Segment *segment)
{
    EngineItem *item = segment->item;

    digest_segment_finish(worker->digest, item->n_segments == 1,
                          item->nodes + segment->index * DIGEST_BYTES);
    if (item->hashed)
        item->hashed(item, segment->index, digest_segment_parts(worker->digest));
}

static gboolean
move_segment(Worker *worker, Segment *segment, GError **error)
{
    EngineItem *item = segment->item;
    gboolean hole = FALSE;
    EngineParts parts;
    gboolean known;

    /* A cloned item whose digest is not wanted has nothing left to read. */
    if (item->cloned && !item->want_digest)
        return control_pass(worker->engine->control, 0, error);
    known = item->known && item->known(item, segment->index, worker->digest, &parts);
    digest_segment_begin(worker->digest);
    if (!(known ? move_unknown_parts(worker, segment, &parts, error)
                : move_extents(worker, segment, &hole, error)))
        return FALSE;
    if (engine_hashes(item))
        finish_digest(worker, segment);

    return !hole || pass_run(worker, segment, error);
}

/* Called with the lock held. One item may always be opened, others while descriptors are left. */
static gboolean
has_room(const Engine *self, const EngineItem *item)
{
    return self->descriptors == 0 ||
           self->descriptors + item->descriptors <= process_descriptors() / 2;
}

/* Opens the current item. Called with the lock held, which is released meanwhile. */
static gboolean
open_current(Engine *self, EngineItem *item)
{
    GError *error = NULL;
    gboolean sink_failed = FALSE;
    gboolean ok;

    self->opening = TRUE;
    self->descriptors += item->descriptors;
    g_mutex_unlock(&self->lock);
    ok = control_pass(self->control, 0, &error) && open_engine_item(self, item, &error);
    if (ok && item->segments_left == 0)
        ok = finish_engine_item(self, item, &sink_failed, &error);
    if (!ok)
        set_first_error(self, error, sink_failed);
    g_mutex_lock(&self->lock);
    self->opening = FALSE;
    g_cond_broadcast(&self->opened);

    return ok;
}

/* Fetches the next segment to move. FALSE if there is none left or if a worker has failed. */
static gboolean
take_next_segment(Engine *self, Segment *segment)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    while (!self->error && self->current < self->items->len) {
        EngineItem *item = g_ptr_array_index(self->items, self->current);

        if (self->opening || (!item->nodes && !has_room(self, item))) {
            g_cond_wait(&self->opened, &self->lock);
            continue;
        }
        if (!item->nodes && !open_current(self, item))
            return FALSE;
        while (item->done && item->next_segment < item->n_segments &&
               item->done[item->next_segment])
            item->next_segment++;
        if (item->next_segment == item->n_segments) {
            self->current++;
            continue;
        }
        segment->item = item;
        segment->index = item->next_segment++;
        segment->start = segment->index * DIGEST_SEGMENT;
        segment->end = MIN(segment->start + DIGEST_SEGMENT, item->source->size);
        return TRUE;
    }

    return FALSE;
}

static gboolean
tell_segment(Worker *worker, const Segment *segment, GError **error)
{
    EngineItem *item = segment->item;

    if (!item->segment || item->segment(item, segment->index, error))
        return TRUE;
    worker->stats.sink_failed = TRUE;

    return FALSE;
}

/* Counts a segment as moved. TRUE for the worker that moved the last one of the item. */
static gboolean
segment_done(Engine *self, EngineItem *item)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return --item->segments_left == 0;
}

static void
work_segments(Worker *worker)
{
    Segment segment;

    while (take_next_segment(worker->engine, &segment)) {
        GError *error = NULL;

        if (!move_segment(worker, &segment, &error) || !tell_segment(worker, &segment, &error) ||
            (segment_done(worker->engine, segment.item) &&
             !finish_engine_item(worker->engine, segment.item, &worker->stats.sink_failed,
                                 &error))) {
            set_first_error(worker->engine, error, worker->stats.sink_failed);
            return;
        }
    }
}

static gpointer
engine_worker_main(gpointer data)
{
    Worker *worker = data;
    Engine *engine = worker->engine;

    process_block_signals();
    worker->extents = g_array_new(FALSE, FALSE, sizeof(Extent));
    worker->digest = digest_segment_new();
    work_segments(worker);

    g_mutex_lock(&engine->lock);
    engine->stats.bytes_read += worker->stats.bytes_read;
    engine->stats.bytes_written += worker->stats.bytes_written;
    engine->stats.blocks_zero += worker->stats.blocks_zero;
    g_mutex_unlock(&engine->lock);
    g_array_unref(worker->extents);
    digest_segment_free(worker->digest);

    return NULL;
}

static void
run_workers(Engine *engine, guint n)
{
    Worker workers[WORKERS_MAX];
    GThread *threads[WORKERS_MAX];
    guint8 *blocks = fd_buffer_new(n * BLOCK_BYTES);
    guint started = 0;

    /* Fewer do all of the work, too. */
    for (guint i = 0; i == started && i < n; i++) {
        workers[i] = (Worker){.engine = engine, .index = i, .buffer = blocks + i * BLOCK_BYTES};
        threads[i] = process_thread("virtsnap-copy", engine_worker_main, &workers[i],
                                    i == 0 ? &engine->error : NULL);
        started += threads[i] != NULL;
    }
    for (guint i = 0; i < started; i++)
        g_thread_join(threads[i]);
    free(blocks);
}

gboolean
engine_run(GPtrArray *items, guint workers, Control *control, EngineStats *stats,
           GError **error)
{
    Engine engine = {.items = items, .control = control};

    g_ptr_array_sort(items, compare_weight);
    g_mutex_init(&engine.lock);
    g_cond_init(&engine.opened);
    run_workers(&engine, workers > 0 ? MIN(workers, WORKERS_MAX) : ENGINE_WORKERS);
    for (guint i = 0; i < items->len; i++)
        release_ends(g_ptr_array_index(items, i));
    g_cond_clear(&engine.opened);
    g_mutex_clear(&engine.lock);
    if (stats)
        *stats = engine.stats;
    if (!engine.error)
        return TRUE;
    g_propagate_error(error, engine.error);

    return FALSE;
}
