/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/export-lock.h"
#include "archive/verify-match.h"
#include "archive/verify-tree.h"
#include "import/import-source.h"
#include "util/error-private.h"
#include "util/fd.h"
#include "util/process.h"

/* A limit far above the size of the XML of any domain or collection. */
#define TEXT_BYTES_MAX ((guint64)16 << 20)
/* Descriptors that are needed in addition to the files of the export: for the files that are
 * written, libvirt and other threads. */
#define DESCRIPTORS_SPARE 128

struct ImportSource {
    char *path;
    int dirfd;
    int lock; /* holds the lock that keeps the export from being removed */
    Manifest *manifest;
    GHashTable *fds; /* ManifestFile -> descriptor + 1, owned */
};

/* Sets CORRUPT. The text may quote a header, which can have any bytes, so it is made valid. */
G_GNUC_PRINTF(2, 3)
static gboolean
corrupt_source(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *valid = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    valid = g_utf8_make_valid(text, -1);
    g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT, valid);

    return FALSE;
}

const char *
import_source_path(const ImportSource *self)
{
    return self->path;
}

const Manifest *
import_source_manifest(const ImportSource *self)
{
    return self->manifest;
}

int
import_source_fd(const ImportSource *self, const ManifestFile *file)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(self->fds, file)) - 1;
}

/* --- headers of images ------------------------------------------------------ */

static gboolean
is_inside_file(guint64 offset, guint64 length, guint64 size)
{
    return offset <= size && length <= size - offset;
}

/* Checks that the tables lie within the file. QEMU reads a missing table as zeros and grows the
 * file when it writes. */
static gboolean
check_layer_tables(const Qcow2Header *header, const ManifestFile *file, GError **error)
{
    guint64 cluster = (guint64)1 << header->cluster_bits;

    if (!is_inside_file(header->l1_offset, (guint64)header->l1_entries * 8, file->bytes))
        return corrupt_source(error, _("'%s': its L1 table lies beyond its end"), file->path);
    if (!is_inside_file(header->refcount_offset, header->refcount_clusters * cluster, file->bytes))
        return corrupt_source(error, _("'%s': its table of reference counts lies beyond its end"),
                              file->path);
    if (header->n_snapshots > 0 && !is_inside_file(header->snapshots_offset, 1, file->bytes))
        return corrupt_source(error, _("'%s': its table of snapshots lies beyond its end"),
                              file->path);

    return TRUE;
}

static gboolean
check_capacity(const ManifestFile *file, guint64 capacity, GError **error)
{
    if (capacity == file->capacity)
        return TRUE;

    return corrupt_source(error,
                          _("'%s' is a disk of %" PRIu64 " bytes where the manifest says %" PRIu64),
                          file->path, capacity, file->capacity);
}

static gboolean
check_layer_reference(const Manifest *manifest, const ManifestFile *file, const Qcow2Header *header,
                      GError **error)
{
    const ManifestFile *below = file->backing ? manifest_file(manifest, file->backing) : NULL;
    g_autofree char *name = below ? g_path_get_basename(below->path) : NULL;

    if (g_strcmp0(header->backing_name, name) != 0)
        return corrupt_source(error, _("'%s' refers to '%s' where the manifest says '%s'"),
                              file->path,
                              header->backing_name ? header->backing_name : "", name ? name : "");
    if (below && g_strcmp0(header->backing_format, below->format) != 0)
        return corrupt_source(error,
                              _("'%s' says that '%s' has the format '%s' where the manifest says "
                                "'%s'"),
                              file->path, name,
                              header->backing_format ? header->backing_format : "",
                              below->format);

    return check_capacity(file, header->virtual_size, error);
}

gboolean
import_check_layer(const Manifest *manifest, const ManifestFile *file, int fd, GError **error)
{
    g_autoptr(Qcow2Header) header = NULL;

    if (g_strcmp0(file->format, "raw") == 0)
        return check_capacity(file, verify_match_capacity(file, fd), error);
    if (g_strcmp0(file->format, "qcow2") != 0)
        return TRUE;
    header = qcow2_header_read(fd, file->path, error);

    return header && qcow2_header_check(header, file->path, error) &&
           check_layer_tables(header, file, error) &&
           check_layer_reference(manifest, file, header, error);
}

/* --- firmware variables ------------------------------------------------------- */

/* QEMU opens what stands in its header for the guest, which can read and write there. */
static gboolean
check_alone(const ManifestFile *file, int fd, GError **error)
{
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, file->path, error);

    if (!header || !qcow2_header_check(header, file->path, error) ||
        !check_layer_tables(header, file, error))
        return FALSE;

    return !header->backing_name ||
           corrupt_source(error, _("'%s' refers to '%s', where there can be no other image"),
                          file->path, header->backing_name);
}

/* libvirt takes the format of its firmware where the domain names none. */
static gboolean
check_plain(const ManifestFile *file, int fd, GError **error)
{
    char magic[4] = {0};

    if (file->bytes < sizeof magic)
        return TRUE;
    if (!fd_pread_all(fd, magic, sizeof magic, 0, file->path, error))
        return FALSE;

    return memcmp(magic, QCOW2_MAGIC, sizeof magic) != 0 ||
           corrupt_source(error, _("'%s' is a qcow2 image, and its domain says that it is none"),
                          file->path);
}

gboolean
import_check_flash(const ManifestFile *file, const char *format, int fd, GError **error)
{
    if (g_str_equal(format, "qcow2"))
        return check_alone(file, fd, error);
    if (g_str_equal(format, "raw"))
        return check_plain(file, fd, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s' has the format '%s', and only raw and qcow2 are supported"), file->path,
                format);

    return FALSE;
}

/* --- files ------------------------------------------------------------------ */

/* Opens a file. It may be anything, so O_NONBLOCK keeps a FIFO or a terminal from blocking, and its
 * type is checked afterwards. */
static int
open_source_file(const ImportSource *self, const ManifestFile *file, GError **error)
{
    g_autoptr(GError) why = NULL;
    auto_fd fd = fd_open_beneath(self->dirfd, file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, &why);
    struct stat st;

    if (fd < 0 && g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND)) {
        corrupt_source(error, _("'%s' is missing"), file->path);
        return -1;
    }
    if (fd < 0) {
        g_propagate_error(error, g_steal_pointer(&why));
        /* Nobody gave this path: a symbolic link in it is damage of the export. */
        error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT);
        return -1;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        corrupt_source(error, _("'%s' is not a regular file"), file->path);
        return -1;
    }
    if ((guint64)st.st_size != file->bytes) {
        corrupt_source(error, _("'%s' has %" PRIu64 " bytes where the manifest says %" PRIu64),
                       file->path, (guint64)st.st_size, file->bytes);
        return -1;
    }

    return fd_steal(&fd);
}

static gboolean
take_manifest_file(ImportSource *self, ManifestFile *file, GError **error)
{
    int fd = open_source_file(self, file, error);

    if (fd < 0)
        return FALSE;
    g_hash_table_insert(self->fds, file, GINT_TO_POINTER(fd + 1));

    return import_check_layer(self->manifest, file, fd, error);
}

static gboolean
check_descriptors(const ImportSource *self, GError **error)
{
    guint64 room = process_descriptors();

    if (self->manifest->files->len + DESCRIPTORS_SPARE <= room)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("it has %u files, and this process can have %" PRIu64 " open; raise the limit "
                  "(ulimit -n) or import some of its domains"),
                self->manifest->files->len, room);

    return FALSE;
}

/* Refuses files that the manifest does not list. They may be harmless, but show that somebody has
 * modified the export. */
static gboolean
check_surplus(const ImportSource *self, GError **error)
{
    g_autoptr(VerifyReport) report = verify_report_new();
    const VerifyProblem *first;

    verify_tree(self->dirfd, self->manifest, report);
    if (report->problems->len == 0)
        return TRUE;
    first = g_ptr_array_index(report->problems, 0);

    return corrupt_source(error,
                          _("'%s' %s; 'virtsnap verify' tells of all, and what does not belong "
                                   "there can be moved away"),
                          first->file, first->what);
}

gboolean
import_source_match(const VerifyReport *report, GError **error)
{
    const VerifyProblem *first;

    if (report->problems->len == 0)
        return TRUE;
    first = g_ptr_array_index(report->problems, 0);

    return corrupt_source(error, "'%s' %s", first->file, first->what);
}

static gboolean
check_needed(const ImportSource *self, GError **error)
{
    g_autoptr(VerifyReport) report = verify_report_new();

    verify_match_layers(self->manifest, report);

    return import_source_match(report, error);
}

static gboolean
take_all_files(ImportSource *self, GError **error)
{
    self->lock = export_lock_read(self->dirfd, self->path, error);
    if (self->lock < 0)
        return FALSE;
    self->manifest = manifest_load(self->dirfd, error);
    if (!self->manifest || !check_descriptors(self, error) || !check_surplus(self, error))
        return FALSE;
    for (guint i = 0; i < self->manifest->files->len; i++) {
        if (!take_manifest_file(self, g_ptr_array_index(self->manifest->files, i), error))
            return FALSE;
    }

    return check_needed(self, error);
}

ImportSource *
import_source_open(const char *path, GError **error)
{
    g_autoptr(ImportSource) self = g_new0(ImportSource, 1);

    self->path = g_strdup(path);
    self->lock = -1;
    self->fds = g_hash_table_new(NULL, NULL);
    self->dirfd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
    if (self->dirfd < 0)
        return NULL;
    if (!take_all_files(self, error)) {
        g_prefix_error(error, _("The export '%s' is not imported: "), path);
        return NULL;
    }

    return g_steal_pointer(&self);
}

/* --- small files ------------------------------------------------------------ */

static gboolean
check_source_text(const ManifestFile *file, const char *text, GError **error)
{
    guint8 digest[DIGEST_BYTES];

    if (memchr(text, 0, file->bytes))
        return corrupt_source(error, _("'%s' is no text"), file->path);
    if (!file->has_digest)
        return TRUE;
    digest_bytes(text, file->bytes, digest);

    return memcmp(digest, file->digest, DIGEST_BYTES) == 0 ||
           corrupt_source(error, _("'%s' has another digest than in the manifest"), file->path);
}

char *
import_source_text(const ImportSource *self, const char *path, GError **error)
{
    const ManifestFile *file = manifest_file(self->manifest, path);
    g_autofree char *text = NULL;

    if (!file) {
        corrupt_source(error, _("The manifest has no '%s'"), path);
        return NULL;
    }
    if (file->bytes > TEXT_BYTES_MAX) {
        corrupt_source(error, _("'%s' is larger than any text of an export (%" PRIu64 " bytes)"),
                       path, file->bytes);
        return NULL;
    }
    text = g_malloc(file->bytes + 1);
    text[file->bytes] = '\0';
    if (!fd_pread_all(import_source_fd(self, file), text, file->bytes, 0, path, error) ||
        !check_source_text(file, text, error))
        return NULL;

    return g_steal_pointer(&text);
}

void
import_source_close(ImportSource *self)
{
    GHashTableIter iter;
    gpointer fd;

    g_hash_table_iter_init(&iter, self->fds);
    while (g_hash_table_iter_next(&iter, NULL, &fd)) {
        int number = GPOINTER_TO_INT(fd) - 1;

        fd_clear(&number);
    }
    g_hash_table_remove_all(self->fds);
    fd_clear(&self->lock);
    fd_clear(&self->dirfd);
}

void
import_source_free(ImportSource *self)
{
    if (!self)
        return;
    import_source_close(self);
    g_hash_table_unref(self->fds);
    manifest_free(self->manifest);
    g_free(self->path);
    g_free(self);
}
