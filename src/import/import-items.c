/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "hypervisor/drivers.h"
#include "import/import-items.h"
#include "transfer/resume.h"
#include "util/fd.h"

/* Mode of a copy while only this process uses it. */
#define COPY_MODE 0600

typedef struct {
    EngineItem engine;
    const ImportSource *source;
    const ImportFile *file;
    gboolean volume;        /* the file is a volume, which is there */
    int dirfd;              /* not owned */
    ImportJournal *journal; /* not owned */
    guint number;           /* number of the file in the journal */
} Item;

/* --- source and sink -------------------------------------------------------- */

/* What an earlier run wrote there, and did not record, goes. The file stays the one that is
 * recorded as a volume. */
static gboolean
empty_volume(const Item *self, GError **error)
{
    const ImportFile *file = self->file;
    auto_fd fd = fd_open(self->dirfd, file->path, O_RDWR | O_NOFOLLOW, 0, error);

    if (fd < 0)
        return FALSE;
    if (ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)file->from->bytes) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot empty the volume '%s'"), file->path);

    return FALSE;
}

static gboolean
open_volume(Item *self, GError **error)
{
    const ImportFile *file = self->file;

    if (!import_journal_restart(self->journal, self->number, error) || !empty_volume(self, error))
        return FALSE;
    self->engine.sink = drivers_get()->reopen_file(self->dirfd, file->path, file->from->bytes,
                                                   COPY_MODE, error);

    return self->engine.sink != NULL;
}

/* Opens the sink. The copy of an earlier run is resumed only if the file still exists with its
 * size; else the file is copied anew. */
static gboolean
open_import_sink(Item *self, GError **error)
{
    const ImportFile *file = self->file;
    EngineItem *item = &self->engine;
    GArray *earlier = import_journal_segments(self->journal, self->number);

    if (earlier->len > 0)
        item->sink = resume_clear(drivers_get()->reopen_file(self->dirfd, file->path,
                                                             file->from->bytes, COPY_MODE, NULL),
                                  earlier);
    if (item->sink) {
        item->earlier = earlier;
        return TRUE;
    }
    if (self->volume)
        return open_volume(self, error);
    if (!import_journal_restart(self->journal, self->number, error) ||
        !tree_remove_at(self->dirfd, file->path, error))
        return FALSE;
    item->sink = drivers_get()->create_file(self->dirfd, file->path, file->from->bytes, COPY_MODE,
                                            error);

    return item->sink != NULL;
}

static gboolean
open_import_item(EngineItem *item, GError **error)
{
    Item *self = item->user_data;
    const ManifestFile *from = self->file->from;
    int fd = fcntl(import_source_fd(self->source, from), F_DUPFD_CLOEXEC, 0);

    if (fd < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot read '%s'"), from->path);
        return FALSE;
    }
    item->source = drivers_get()->wrap_file(fd, from->path, error);
    if (!item->source)
        return FALSE;
    if (item->source->size != from->bytes) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s' has another size than before"), from->path);
        return FALSE;
    }

    return open_import_sink(self, error);
}

/* --- digests ---------------------------------------------------------------- */

static gboolean
set_file_damaged(const ManifestFile *from, gsize segment, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' is not what was exported: it has another digest than in the manifest, in "
                  "the segment at byte %" PRIu64),
                from->path, (guint64)segment * DIGEST_SEGMENT);

    return FALSE;
}

/* Compares the node of one segment, if the manifest has the nodes. So damage is found at once and
 * not only at the end of the file. */
static gboolean
check_segment(const ManifestFile *from, const EngineItem *item, gsize index, GError **error)
{
    const guint8 *nodes = from->nodes ? g_bytes_get_data(from->nodes, NULL) : NULL;

    return !nodes ||
           memcmp(nodes + index * DIGEST_BYTES, item->nodes + index * DIGEST_BYTES,
                  DIGEST_BYTES) == 0 ||
           set_file_damaged(from, index, error);
}

static gboolean
take_imported_segment(EngineItem *item, gsize index, GError **error)
{
    Item *self = item->user_data;

    return check_segment(self->file->from, item, index, error) &&
           import_journal_add(self->journal, self->number, index,
                              item->nodes + index * DIGEST_BYTES, item->sink, error);
}

static gboolean
check_copy_digest(const Item *self, GError **error)
{
    const ManifestFile *from = self->file->from;

    if (!from->has_digest || memcmp(self->engine.digest, from->digest, DIGEST_BYTES) == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' is not what was exported: it has another digest than in the manifest"),
                from->path);

    return FALSE;
}

/* --- the copy --------------------------------------------------------------- */

static gboolean
put_head(const ImportFile *file, int fd, GBytes *head, GError **error)
{
    gsize length;
    const void *data = g_bytes_get_data(head, &length);

    return fd_pwrite_all(fd, data, MIN(length, file->from->bytes), 0, file->path, error) &&
           fd_sync(fd, file->path, error);
}

/* Patches the header of the copy. The header is checked again, because the source may have been
 * changed between the first check and the copy, whereas nobody else can change the copy. */
static gboolean
patch_image(const Item *self, int fd, GError **error)
{
    const ImportFile *file = self->file;
    g_autoptr(GBytes) head = NULL;
    g_autoptr(GBytes) patched = NULL;

    if (!import_check_layer(import_source_manifest(self->source), file->from, fd, error))
        return FALSE;
    if (!file->backing)
        return TRUE;
    head = qcow2_head_read(fd, file->path, error);
    if (!head)
        return FALSE;
    patched = qcow2_header_patch(g_bytes_get_data(head, NULL), g_bytes_get_size(head),
                                 file->backing, file->backing_format, file->path, error);

    return patched && put_head(file, fd, patched, error);
}

/* Whether the beginning of the copy is replaced. */
static gboolean
is_patched(const ImportFile *file)
{
    return file->backing || file->head;
}

static gboolean
work_on_copy(const Item *self, GError **error)
{
    const ImportFile *file = self->file;
    auto_fd fd = -1;

    if (!file->from->format && !file->head && !file->flash)
        return TRUE;
    fd = fd_open(self->dirfd, file->path, O_RDWR | O_NOFOLLOW, 0, error);
    if (fd < 0)
        return FALSE;
    if (file->flash)
        return import_check_flash(file->from, file->flash, fd, error);

    return file->from->format ? patch_image(self, fd, error)
                              : put_head(file, fd, file->head, error);
}

static gboolean
finish_import_item(EngineItem *item, GError **error)
{
    Item *self = item->user_data;

    return check_copy_digest(self, error) &&
           (!is_patched(self->file) ||
            import_journal_patching(self->journal, self->number, error)) &&
           work_on_copy(self, error) && import_journal_finish(self->journal, self->number, error);
}

/* Records the segments that are written when a run fails. Those that cannot be recorded are copied
 * again by the next run, so errors are ignored. */
static void
stop_import_item(EngineItem *item)
{
    Item *self = item->user_data;
    g_autoptr(GError) error = NULL;

    if (!import_journal_stop(self->journal, self->number, item->sink, &error))
        g_debug("%s", error->message);
}

static Item *
import_item_new(const ImportPlan *plan, guint number)
{
    Item *self = g_new0(Item, 1);

    self->file = g_ptr_array_index(plan->files, number);
    self->volume = import_plan_is_volume(plan, self->file->path);
    self->number = number;
    self->engine.user_data = self;
    self->engine.open = open_import_item;
    self->engine.segment = take_imported_segment;
    self->engine.finish = finish_import_item;
    self->engine.stop = stop_import_item;
    self->engine.weight = self->file->from->bytes;
    self->engine.part = number + 1;
    self->engine.want_digest = TRUE;

    return self;
}

static void
import_item_free(gpointer data)
{
    Item *self = data;

    engine_item_clear(&self->engine);
    g_free(self);
}

/* A file that an earlier run has finished gets its beginning once more: what is in it, as the UUID
 * of a domain, may have been made up anew. It is no part of what the journal knows the file by. */
static gboolean
renew_head(const ImportFile *file, guint number, int dirfd, ImportJournal *journal, GError **error)
{
    auto_fd fd = file->head ? fd_open(dirfd, file->path, O_RDWR | O_NOFOLLOW, 0, error) : -1;

    return !file->head ||
           (fd >= 0 && import_journal_patching(journal, number, error) &&
            put_head(file, fd, file->head, error) &&
            import_journal_finish(journal, number, error));
}

gboolean
import_items_move(const ImportPlan *plan, const ImportSource *source, int dirfd,
                  ImportJournal *journal, Control *control, EngineStats *stats, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(import_item_free);
    g_autoptr(GPtrArray) engine_items = g_ptr_array_new();

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);
        Item *item;

        if (import_journal_is_finished(journal, i)) {
            if (!renew_head(file, i, dirfd, journal, error))
                return FALSE;
            control_advance_part(control, i + 1, file->from->bytes);
            continue;
        }
        item = import_item_new(plan, i);
        item->source = source;
        item->dirfd = dirfd;
        item->journal = journal;
        g_ptr_array_add(items, item);
        g_ptr_array_add(engine_items, &item->engine);
    }

    return engine_run(engine_items, plan->settings->parallel, control, stats, error);
}
