/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/journal.h"
#include "util/fd.h"

#define WHAT "journal"
/* The pause after making a file durable is this many times as long as that took. So it takes 3 % of
 * one worker's time, however slow the disk is. */
#define SYNC_PAUSE 32

/* The segments of a layer that are written but perhaps not durable. */
typedef struct {
    GArray *segments; /* EngineSegment */
    gboolean syncing; /* a worker is making the file durable */
    gboolean failed;  /* making it durable has failed: nothing more of it is certain */
    gint64 next;      /* monotonic time in us at which that is due again */
} Pending;

struct Journal {
    int fd;              /* not owned */
    JournalContent *old; /* content from earlier runs; each layer is only accessed by the worker
                          * that opens it */
    gboolean continues;  /* this run resumes an earlier one */
    GMutex lock;         /* guards all below */
    guint64 end;         /* length of the complete records in bytes */
    guint64 n_segments;
    gboolean failed;     /* writing the journal itself or making it durable has failed */
    GPtrArray *pending;  /* Pending for each layer */
    GPtrArray *changed;  /* char*: the present ctimes of each layer's images */
};

static void
pending_free(gpointer data)
{
    Pending *self = data;

    g_array_unref(self->segments);
    g_free(self);
}

static gboolean
fail_after_loss(GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("Nothing more is recorded of what could not be made durable before; export "
                  "again when the disk of the target is in order"));

    return FALSE;
}

/* Appends to the journal. Called with the lock held. A record that could only be written in part is
 * truncated away. */
static gboolean
append_record(Journal *self, const char *text, gsize length, GError **error)
{
    if (self->failed)
        return fail_after_loss(error);
    if (fd_pwrite_all(self->fd, text, length, self->end, WHAT, error)) {
        self->end += length;
        return TRUE;
    }
    self->failed = TRUE;
    if (ftruncate(self->fd, (off_t)self->end) < 0)
        g_warning("Cannot cut '%s': %s", WHAT, g_strerror(errno));

    return FALSE;
}

/* Makes the journal durable. Called with the lock held. After a failure it keeps failing, because
 * the kernel reports lost data only once. */
static gboolean
make_journal_durable(Journal *self, GError **error)
{
    if (!self->failed && fd_sync(self->fd, WHAT, error))
        return TRUE;
    if (self->failed)
        return fail_after_loss(error);
    self->failed = TRUE;

    return FALSE;
}

static gboolean
append_segments(Journal *self, guint number, GArray *segments, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < segments->len; i++) {
        const EngineSegment *segment = &g_array_index(segments, EngineSegment, i);
        g_autofree char *node = journal_hex(segment->node);

        g_string_append_printf(text, "done %u %zu %s\n", number, segment->index, node);
    }
    if (!append_record(self, text->str, text->len, error))
        return FALSE;
    self->n_segments += segments->len;

    return TRUE;
}

/* --- opening ---------------------------------------------------------------- */

/* @data: (out): owned by the caller */
static JournalContent *
read_journal(int fd, char **data, GError **error)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), WHAT);
        return NULL;
    }
    if ((guint64)st.st_size > JOURNAL_MAX) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("The journal of the interrupted export is too large to be one; export "
                      "anew, without resuming, which removes what is left of it"));
        return NULL;
    }
    *data = g_try_malloc((gsize)st.st_size + 1);
    if (!*data) {
        virt_snap_error_set_errno(error, ENOMEM, _("Cannot read '%s'"), WHAT);
        return NULL;
    }
    if (!fd_pread_all(fd, *data, (gsize)st.st_size, 0, WHAT, error))
        return NULL;

    return journal_parse(*data, (gsize)st.st_size, error);
}

guint
journal_made(int fd)
{
    g_autofree char *data = NULL;
    g_autoptr(JournalContent) content = read_journal(fd, &data, NULL);

    return content ? content->made : 0;
}

/* Truncates an incomplete last line and rewrites the rest of the journal unchanged. The page cache
 * may hold lines that an earlier run failed to write back, so that the disk has older data;
 * rewriting makes the next sync write them again. */
static gboolean
rewrite_journal(Journal *self, const char *data, GError **error)
{
    self->end = self->old->length;
    if (ftruncate(self->fd, (off_t)self->end) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot write '%s'"), WHAT);
        return FALSE;
    }

    return fd_pwrite_all(self->fd, data, (gsize)self->end, 0, WHAT, error);
}

static gboolean
begin_journal(Journal *self, guint n_layers, const char *identity, guint made, GError **error)
{
    g_autofree char *text = g_strdup_printf("%sbegin %u\n", identity, made);

    for (guint i = 0; i < n_layers; i++)
        g_ptr_array_add(self->old->layers, journal_layer_new());

    return append_record(self, text, strlen(text), error);
}

static gboolean
take_over_journal(Journal *self, const char *identity, guint *made, GError **error)
{
    if (!journal_content_check(self->old, identity, error))
        return FALSE;
    *made = MAX(*made, self->old->made);
    for (guint i = 0; i < self->old->layers->len; i++)
        self->n_segments += journal_layer(self, i)->segments->len;

    return TRUE;
}

static Journal *
journal_new_at(int fd)
{
    Journal *self = g_new0(Journal, 1);

    g_mutex_init(&self->lock);
    self->fd = fd;
    self->pending = g_ptr_array_new_with_free_func(pending_free);
    self->changed = g_ptr_array_new_with_free_func(g_free);

    return self;
}

Journal *
journal_open(int fd, const char *identity, GPtrArray *changed, gboolean resume, guint *made,
             GError **error)
{
    g_autoptr(Journal) self = journal_new_at(fd);
    g_autofree char *data = NULL;

    self->old = resume ? read_journal(fd, &data, error) : journal_parse("", 0, error);
    if (!self->old)
        return NULL;
    /* The identity is compared before anything is changed. */
    self->continues = self->old->identity != NULL;
    if (self->continues && !take_over_journal(self, identity, made, error))
        return NULL;
    if (!rewrite_journal(self, data, error) ||
        (!self->continues && !begin_journal(self, changed->len, identity, *made, error)) ||
        !make_journal_durable(self, error))
        return NULL;
    for (guint i = 0; i < changed->len; i++) {
        Pending *pending = g_new0(Pending, 1);

        pending->segments = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
        g_ptr_array_add(self->pending, pending);
        g_ptr_array_add(self->changed, g_strdup(g_ptr_array_index(changed, i)));
    }

    return g_steal_pointer(&self);
}

void
journal_free(Journal *self)
{
    if (!self)
        return;
    journal_content_free(self->old);
    g_ptr_array_unref(self->pending);
    g_ptr_array_unref(self->changed);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* --- layers ----------------------------------------------------------------- */

const JournalLayer *
journal_layer(const Journal *self, guint number)
{
    return g_ptr_array_index(self->old->layers, number);
}

gboolean
journal_is_certain(const Journal *self, guint number)
{
    return g_strcmp0(journal_layer(self, number)->changed,
                     g_ptr_array_index(self->changed, number)) == 0;
}

gboolean
journal_continues(const Journal *self)
{
    return self->continues;
}

guint64
journal_n_segments(Journal *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->n_segments;
}

gboolean
journal_restart(Journal *self, guint number, const Source *source, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    JournalLayer *old = g_ptr_array_index(self->old->layers, number);
    g_autofree char *layout = journal_hex(source->layout);
    g_autofree char *text =
        g_strdup_printf("open %u %" PRIu64 " %s %s\n", number, source->size, layout,
                        (const char *)g_ptr_array_index(self->changed, number));
    gboolean again = old->opened;

    self->n_segments -= old->segments->len;
    journal_layer_reset(old);

    /* The record must be durable before the file is created anew; otherwise, after a crash, records
     * of the earlier file would be taken for the new one. */
    return append_record(self, text, strlen(text), error) &&
           (!again || make_journal_durable(self, error));
}

/* Takes the segments that will be recorded once they are durable. */
static GArray *
steal_pending_segments(Pending *pending)
{
    GArray *segments = pending->segments;

    pending->segments = g_array_new(FALSE, FALSE, sizeof(EngineSegment));

    return segments;
}

static void
note_sync_end(Journal *self, Pending *pending, gint64 begun)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    gint64 now = g_get_monotonic_time();

    pending->syncing = FALSE;
    pending->next = now + (now - begun) * SYNC_PAUSE;
}

static gboolean
has_layer_failed(Journal *self, Pending *pending)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return pending->failed;
}

/* Gives up the layer: none of its segments that are not recorded yet will be in this run. */
static void
give_up_layer(Journal *self, Pending *pending)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    pending->failed = TRUE;
}

static gboolean
record_segments(Journal *self, guint number, GArray *segments, Sink *sink, GError **error)
{
    Pending *pending = g_ptr_array_index(self->pending, number);

    if (segments->len == 0)
        return TRUE;
    if (has_layer_failed(self, pending))
        return fail_after_loss(error);
    if (sink && !sink->ops->sync(sink, error)) {
        give_up_layer(self, pending);
        return FALSE;
    }

    return append_segments(self, number, segments, error);
}

gboolean
journal_add(Journal *self, guint number, gsize index, const guint8 *node, Sink *sink,
            GError **error)
{
    Pending *pending = g_ptr_array_index(self->pending, number);
    EngineSegment segment = {.index = index};
    g_autoptr(GArray) due = NULL;
    gint64 begun = g_get_monotonic_time();
    gboolean ok;

    memcpy(segment.node, node, DIGEST_BYTES);
    g_mutex_lock(&self->lock);
    g_array_append_val(pending->segments, segment);
    if (sink && !pending->syncing && begun >= pending->next) {
        due = steal_pending_segments(pending);
        pending->syncing = TRUE;
    }
    g_mutex_unlock(&self->lock);
    if (!due)
        return TRUE;
    ok = record_segments(self, number, due, sink, error);
    note_sync_end(self, pending, begun);

    return ok;
}

gboolean
journal_sync(Journal *self, guint number, Sink *sink, GError **error)
{
    Pending *pending = g_ptr_array_index(self->pending, number);
    g_autoptr(GArray) due = NULL;

    g_mutex_lock(&self->lock);
    due = steal_pending_segments(pending);
    g_mutex_unlock(&self->lock);

    return record_segments(self, number, due, sink, error);
}
