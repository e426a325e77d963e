/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/journal-kind.h"
#include "import/import-journal.h"
#include "import/own-record.h"
#include "util/fd.h"

/* The file begins with what it is of, sealed: else files would be taken from a medium that somebody
 * has prepared, which were never compared with any digest. Then there is a line for each thing that
 * was done:
 *   s FILE SEGMENT NODE   that segment is copied
 *   r FILE                nothing of it is
 *   p FILE                nor is its first segment
 *   f FILE                it is complete
 */
#define FIRST_LINE JOURNAL_OF_IMPORT "1 "

/* Maximal size of a journal, enough for 100 TiB in segments of 64 MiB. */
#define BYTES_MAX ((off_t)256 << 20)
/* Interval at which segments are made durable and recorded, because making a file durable for each
 * segment would be slow. */
#define SYNC_US (2 * G_USEC_PER_SEC)

/* The state of one file. */
typedef struct {
    guint64 size;
    GArray *segments; /* EngineSegment: segments of an earlier run */
    GArray *pending;  /* EngineSegment: segments of this run that are not recorded yet */
    gint64 next;      /* monotonic time at which to record the next segments */
    gboolean syncing;
    gboolean finished;
} FileRecord;

struct ImportJournal {
    int fd; /* not owned */
    GMutex lock;
    GPtrArray *files; /* FileRecord */
    off_t end;
    gboolean continues;
    gboolean written; /* there is something that a later run could resume */
};

static void
file_record_free(gpointer data)
{
    FileRecord *file = data;

    g_array_unref(file->segments);
    g_array_unref(file->pending);
    g_free(file);
}

/* A digest of everything that determines the content of the files, and which others are made. Two
 * imports with the same fingerprint copy the same data to the same places. */
static char *
plan_fingerprint(const ImportPlan *plan)
{
    g_autoptr(GString) text = g_string_new(plan->directory);

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);
        const ManifestFile *from = file->from;
        g_autofree char *digest = from->has_digest ? digest_to_string(from->digest) : NULL;

        g_string_append_printf(text, "\n%s\n%s\n%" PRIu64 " %s\n%s", from->path, file->path,
                               from->bytes,
                               digest           ? digest
                               : file->identity ? file->identity
                                                : "-",
                               file->backing ? file->backing : "-");
    }
    for (guint i = 0; i < plan->overlays->len; i++)
        g_string_append_printf(text, "\n+%s",
                               ((const ImportOverlay *)g_ptr_array_index(plan->overlays, i))->path);

    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize)text->len);
}

/* --- reading ---------------------------------------------------------------- */

static gboolean
parse_node(const char *hex, guint8 *node)
{
    for (int i = 0; i < DIGEST_BYTES; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(hex[2 * i + 1]);

        if (low < 0)
            return FALSE;
        node[i] = (guint8)(high << 4 | low);
    }

    return hex[2 * DIGEST_BYTES] == '\0';
}

static void
forget_first(FileRecord *file)
{
    for (guint i = file->segments->len; i-- > 0;) {
        if (g_array_index(file->segments, EngineSegment, i).index == 0)
            g_array_remove_index_fast(file->segments, i);
    }
}

static gboolean
take_segment_line(FileRecord *file, const char *text)
{
    EngineSegment segment;
    char *end;
    guint64 index = g_ascii_strtoull(text, &end, 10);

    if (end == text || *end != ' ' || index >= digest_n_segments(file->size) ||
        !parse_node(end + 1, segment.node))
        return FALSE;
    segment.index = (gsize)index;
    g_array_append_val(file->segments, segment);

    return TRUE;
}

static gboolean
take_journal_line(ImportJournal *self, const char *line)
{
    char *end;
    guint64 number = strlen(line) > 2 ? g_ascii_strtoull(line + 2, &end, 10) : G_MAXUINT64;
    FileRecord *file;

    if (number >= self->files->len || line[1] != ' ' || end == line + 2)
        return FALSE;
    file = g_ptr_array_index(self->files, number);
    if (line[0] == 's')
        return *end == ' ' && take_segment_line(file, end + 1);
    if (*end != '\0')
        return FALSE;
    if (line[0] == 'r')
        g_array_set_size(file->segments, 0);
    else if (line[0] == 'p')
        forget_first(file);
    file->finished = line[0] == 'f';

    return line[0] == 'r' || line[0] == 'p' || line[0] == 'f';
}

/* Parses the lines up to the first invalid one, since the last line may be incomplete. */
static void
take_journal_lines(ImportJournal *self, char *text)
{
    char *line = text;

    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        if (line != text && !take_journal_line(self, line))
            return;
        self->end = end + 1 - text;
    }
}

static gboolean
read_earlier(ImportJournal *self, const char *first, GError **error)
{
    g_autofree char *text = NULL;
    struct stat st;

    if (fstat(self->fd, &st) < 0 || st.st_size > BYTES_MAX ||
        st.st_size < (off_t)strlen(first))
        return TRUE;
    text = g_malloc((gsize)st.st_size + 1);
    if (!fd_pread_all(self->fd, text, (gsize)st.st_size, 0, "journal", error))
        return FALSE;
    text[st.st_size] = '\0';
    self->continues = g_str_has_prefix(text, first);
    if (self->continues)
        take_journal_lines(self, text);
    self->written = self->continues;

    return TRUE;
}

/* --- writing ---------------------------------------------------------------- */

/* With the lock held. */
static gboolean
append_text(ImportJournal *self, const char *text, gboolean durable, GError **error)
{
    gsize length = strlen(text);

    if (!fd_pwrite_all(self->fd, text, length, (guint64)self->end, "journal", error))
        return FALSE;
    self->end += (off_t)length;
    if (!durable || fdatasync(self->fd) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot write the journal"));

    return FALSE;
}

static gboolean
append_line(ImportJournal *self, char what, guint number, gboolean durable, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    g_autofree char *line = g_strdup_printf("%c %u\n", what, number);

    return append_text(self, line, durable, error);
}

static gboolean
begin_import_journal(ImportJournal *self, const char *first, GError **error)
{
    if (ftruncate(self->fd, self->end) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot write the journal"));
        return FALSE;
    }

    return append_text(self, self->end == 0 ? first : "", TRUE, error);
}

ImportJournal *
import_journal_open(int fd, const ImportPlan *plan, gboolean resume, GError **error)
{
    g_autoptr(ImportJournal) self = g_new0(ImportJournal, 1);
    g_autofree char *print = plan_fingerprint(plan);
    g_autofree char *seal = own_record_seal(print, error);
    g_autofree char *first = g_strconcat(FIRST_LINE, seal ? seal : "", "\n", NULL);

    self->fd = fd;
    g_mutex_init(&self->lock);
    self->files = g_ptr_array_new_with_free_func(file_record_free);
    for (guint i = 0; i < plan->files->len; i++) {
        FileRecord *file = g_new0(FileRecord, 1);

        file->size = ((const ImportFile *)g_ptr_array_index(plan->files, i))->from->bytes;
        file->segments = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
        file->pending = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
        g_ptr_array_add(self->files, file);
    }
    if (!seal || (resume && !read_earlier(self, first, error)) ||
        !begin_import_journal(self, first, error))
        return NULL;

    return g_steal_pointer(&self);
}

void
import_journal_free(ImportJournal *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->files);
    g_mutex_clear(&self->lock);
    g_free(self);
}

gboolean
import_journal_continues(const ImportJournal *self)
{
    return self->continues;
}

gboolean
import_journal_has(ImportJournal *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->written;
}

gboolean
import_journal_is_finished(const ImportJournal *self, guint number)
{
    return ((const FileRecord *)g_ptr_array_index(self->files, number))->finished;
}

GArray *
import_journal_segments(const ImportJournal *self, guint number)
{
    return ((const FileRecord *)g_ptr_array_index(self->files, number))->segments;
}

gboolean
import_journal_restart(ImportJournal *self, guint number, GError **error)
{
    FileRecord *file = g_ptr_array_index(self->files, number);

    if (file->segments->len == 0)
        return TRUE;
    g_array_set_size(file->segments, 0);

    return append_line(self, 'r', number, TRUE, error);
}

/* With the lock held. */
static gboolean
record_copied_segments(ImportJournal *self, guint number, GArray *segments, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < segments->len; i++) {
        const EngineSegment *segment = &g_array_index(segments, EngineSegment, i);

        g_string_append_printf(text, "s %u %zu ", number, segment->index);
        for (int j = 0; j < DIGEST_BYTES; j++)
            g_string_append_printf(text, "%02x", segment->node[j]);
        g_string_append_c(text, '\n');
    }
    self->written = self->written || segments->len > 0;

    return append_text(self, text->str, FALSE, error);
}

/* With the lock held. */
static GArray *
steal_pending_copies(FileRecord *file)
{
    GArray *pending = file->pending;

    file->pending = g_array_new(FALSE, FALSE, sizeof(EngineSegment));

    return pending;
}

/* Makes the sink durable, without holding the lock because that takes long, and records the
 * segments. If that fails, they are not recorded. */
static gboolean
record_durable(ImportJournal *self, guint number, GArray *segments, Sink *sink, GError **error)
{
    gboolean ok = sink->ops->sync(sink, error);

    g_mutex_lock(&self->lock);
    ok = ok && record_copied_segments(self, number, segments, error);
    g_mutex_unlock(&self->lock);

    return ok;
}

gboolean
import_journal_add(ImportJournal *self, guint number, gsize index, const guint8 *node, Sink *sink,
                   GError **error)
{
    FileRecord *file = g_ptr_array_index(self->files, number);
    EngineSegment segment = {.index = index};
    g_autoptr(GArray) due = NULL;
    gboolean ok;

    memcpy(segment.node, node, DIGEST_BYTES);
    g_mutex_lock(&self->lock);
    g_array_append_val(file->pending, segment);
    if (file->next == 0)
        file->next = g_get_monotonic_time() + SYNC_US;
    if (!file->syncing && g_get_monotonic_time() >= file->next) {
        due = steal_pending_copies(file);
        file->syncing = TRUE;
    }
    g_mutex_unlock(&self->lock);
    if (!due)
        return TRUE;
    ok = record_durable(self, number, due, sink, error);
    g_mutex_lock(&self->lock);
    file->syncing = FALSE;
    file->next = g_get_monotonic_time() + SYNC_US;
    g_mutex_unlock(&self->lock);

    return ok;
}

gboolean
import_journal_stop(ImportJournal *self, guint number, Sink *sink, GError **error)
{
    FileRecord *file = g_ptr_array_index(self->files, number);
    g_autoptr(GArray) due = NULL;

    g_mutex_lock(&self->lock);
    due = steal_pending_copies(file);
    g_mutex_unlock(&self->lock);

    return due->len == 0 || record_durable(self, number, due, sink, error);
}

gboolean
import_journal_patching(ImportJournal *self, guint number, GError **error)
{
    FileRecord *file = g_ptr_array_index(self->files, number);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    g_autoptr(GArray) rest = steal_pending_copies(file);
    g_autofree char *line = g_strdup_printf("p %u\n", number);

    return record_copied_segments(self, number, rest, error) &&
           append_text(self, line, TRUE, error);
}

gboolean
import_journal_finish(ImportJournal *self, guint number, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    g_autofree char *line = g_strdup_printf("f %u\n", number);

    self->written = TRUE;

    return append_text(self, line, FALSE, error);
}
