/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <inttypes.h>
#include <sys/stat.h>

#include "hypervisor/snapshot-def.h"
#include "snapshot/frozen-time.h"
#include "util/path.h"
#include "util/record-dir.h"

#define DIRECTORY "frozen"
#define NOTE_BYTES_MAX 8192
/* How long the notes of images are kept that cannot be seen. */
#define KEPT_SECONDS (400 * 24 * 3600)

/* --- the images of a domain ----------------------------------------------------- */

struct FrozenTimes {
    Hypervisor *hypervisor; /* not owned */
    char *domain;
    GPtrArray *images; /* Origin */
};

static void
add_below(Hypervisor *hypervisor, const StorageDef *top, GPtrArray *images)
{
    for (const StorageDef *one = top->backing; one; one = one->backing) {
        Origin *image = one->path && hypervisor->ops->sees(hypervisor, one->path, NULL)
                            ? origin_of(one->path)
                            : NULL;

        if (image)
            g_ptr_array_add(images, image);
    }
}

/* Returns: (nullable): the images that @domain reads and does not write to, owned by the caller. */
static GPtrArray *
find_frozen(Hypervisor *hypervisor, const char *domain)
{
    g_autoptr(DomainRecord) record =
        hypervisor->ops->present(hypervisor, domain, DIRECTORY, FALSE, NULL);
    const SnapshotRecord *one = record ? g_ptr_array_index(record->snapshots, 0) : NULL;
    g_autoptr(SnapshotDef) def = one ? snapshot_def_parse(one->xml, domain, NULL) : NULL;
    GPtrArray *images = def ? origins_new() : NULL;

    if (def && record->volumes)
        snapshot_def_find_volumes(def, record->volumes);
    for (guint i = 0; def && i < def->disks->len; i++)
        add_below(hypervisor, ((const DiskDef *)g_ptr_array_index(def->disks, i))->storage, images);

    return images;
}

FrozenTimes *
frozen_times_look(Hypervisor *hypervisor, const char *domain)
{
    GPtrArray *images = find_frozen(hypervisor, domain);
    FrozenTimes *self;

    if (!images)
        return NULL;
    self = g_new0(FrozenTimes, 1);
    self->hypervisor = hypervisor;
    self->domain = g_strdup(domain);
    self->images = images;

    return self;
}

static void
frozen_times_free(FrozenTimes *self)
{
    g_ptr_array_unref(self->images);
    g_free(self->domain);
    g_free(self);
}

/* --- notes ----------------------------------------------------------------------- */

/* A note is a file named after the image's path, with the inode, the time of the last write before
 * that of libvirt, the mtime that libvirt has left, and the path. */
typedef struct {
    guint64 inode;
    OriginTime before;
    OriginTime after;
    char *path;
} Note;

static void
note_clear(Note *self)
{
    g_clear_pointer(&self->path, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Note, note_clear)

static RecordDir *
open_notes(RecordDirUse use)
{
    g_autofree char *path = path_state(DIRECTORY);
    g_autoptr(GError) error = NULL;
    RecordDir *dir = record_dir_open(path, use, &error);

    if (!dir)
        g_debug("%s", error->message);

    return dir;
}

static char *
name_of_note(const char *path)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
}

static gboolean
read_note(RecordDir *dir, const char *name, Note *note)
{
    g_autoptr(GBytes) bytes = record_dir_read(dir, name, NOTE_BYTES_MAX, NULL);
    g_autofree char *text =
        bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
    g_auto(GStrv) words = text ? g_strsplit(text, " ", 4) : NULL;

    if (!words || g_strv_length(words) != 4)
        return FALSE;
    note->inode = g_ascii_strtoull(words[0], NULL, 10);
    note->before = origin_time_parse(words[1]);
    note->after = origin_time_parse(words[2]);
    note->path = g_strdup(words[3]);

    return TRUE;
}

static void
write_note(RecordDir *dir, const char *name, const char *text)
{
    const RecordChange change = {name, text};
    g_autoptr(GError) error = NULL;

    if (!record_dir_write(dir, &change, 1, &error))
        g_debug("%s", error->message);
}

/* Whether the note is of no use any more. Where an image cannot be seen its file system may only be
 * away for a while. */
static gboolean
is_outdated(const Note *note)
{
    struct stat st;

    if (lstat(note->path, &st) == 0)
        return st.st_ino != note->inode;

    return note->after.seconds + KEPT_SECONDS < g_get_real_time() / G_USEC_PER_SEC;
}

/* Removes the notes of images that are gone. */
static void
drop_old_notes(RecordDir *dir)
{
    g_autoptr(GPtrArray) names = record_dir_list(dir, NULL);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_auto(Note) note = {0};

        if (!read_note(dir, name, &note) || is_outdated(&note))
            write_note(dir, name, NULL);
    }
}

OriginTime
frozen_time_of(const char *path, guint64 inode, OriginTime modified)
{
    g_autoptr(RecordDir) dir = open_notes(RECORD_DIR_READ);
    g_autofree char *name = name_of_note(path);
    g_auto(Note) note = {0};

    if (!dir || !record_dir_has(dir, name) || !read_note(dir, name, &note) ||
        note.inode != inode || !origin_time_equal(&note.after, &modified))
        return modified;

    return note.before;
}

static void
note_image(const Origin *then, const Origin *now)
{
    const OriginTime written = frozen_time_of(then->path, then->inode, then->modified);
    g_autofree char *before = origin_time_format(&written);
    g_autofree char *after = origin_time_format(&now->modified);
    g_autofree char *name = name_of_note(now->path);
    g_autofree char *text =
        g_strdup_printf("%" PRIu64 " %s %s %s", now->inode, before, after, now->path);
    g_autoptr(RecordDir) dir = open_notes(RECORD_DIR_CREATE);

    if (!dir)
        return;
    drop_old_notes(dir);
    write_note(dir, name, text);
}

static gboolean
is_same_image(const Origin *one, const Origin *other)
{
    return g_str_equal(one->path, other->path) && one->device == other->device &&
           one->inode == other->inode;
}

/* Whether the domain still has the same images: else one was merged into another meanwhile. */
static gboolean
are_same_images(const GPtrArray *before, const GPtrArray *after)
{
    if (before->len != after->len)
        return FALSE;
    for (guint i = 0; i < before->len; i++) {
        if (!is_same_image(g_ptr_array_index(before, i), g_ptr_array_index(after, i)))
            return FALSE;
    }

    return TRUE;
}

/* QEMU holds these images meanwhile, and its lock keeps others from writing to them. */
void
frozen_times_note(FrozenTimes *self)
{
    g_autoptr(GPtrArray) now = self ? find_frozen(self->hypervisor, self->domain) : NULL;
    gboolean same = now && are_same_images(self->images, now);

    for (guint i = 0; same && i < now->len; i++) {
        const Origin *before = g_ptr_array_index(self->images, i);
        const Origin *after = g_ptr_array_index(now, i);

        if (!origin_time_equal(&before->modified, &after->modified))
            note_image(before, after);
    }
    if (self)
        frozen_times_free(self);
}
