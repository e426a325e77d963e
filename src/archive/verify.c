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
#include "archive/manifest.h"
#include "archive/verify-match.h"
#include "archive/verify-tree.h"
#include "archive/verify.h"
#include "hypervisor/drivers.h"
#include "image/qcow2-header.h"
#include "transfer/engine.h"
#include "util/fd.h"
#include "util/name.h"

typedef struct {
    const VerifyOrder *order;
    int dirfd;
    const Manifest *manifest;
    VerifyReport *report;
} Verify;

/* --- digests -------------------------------------------------------------- */

typedef struct {
    EngineItem engine;
    const ManifestFile *file;
    int fd; /* owned until the item is opened; -1: it could not be duplicated */
    int errsv; /* errno of that */
} VerifyItem;

static gboolean
open_verify_item(EngineItem *engine, GError **error)
{
    VerifyItem *item = engine->user_data;

    if (item->fd < 0) {
        virt_snap_error_set_errno(error, item->errsv, _("Cannot read '%s'"), item->file->path);
        return FALSE;
    }
    engine->source = drivers_get()->wrap_file(fd_steal(&item->fd), item->file->path, error);

    return engine->source != NULL;
}

/* Reports a wrong digest, with the first damaged segment if the manifest has the nodes. */
static void
report_wrong_digest(Verify *self, const VerifyItem *item)
{
    const ManifestFile *file = item->file;
    const guint8 *nodes = file->nodes ? g_bytes_get_data(file->nodes, NULL) : NULL;
    guint damaged = 0;
    guint64 first = 0;

    for (gsize i = 0; nodes && i < item->engine.n_nodes; i++) {
        if (memcmp(nodes + i * DIGEST_BYTES, item->engine.nodes + i * DIGEST_BYTES,
                   DIGEST_BYTES) == 0)
            continue;
        if (damaged++ == 0)
            first = i * DIGEST_SEGMENT;
    }
    if (damaged == 0)
        verify_report_add(self->report, file->path, _("has another digest than in the manifest"));
    else
        verify_report_add(self->report, file->path,
                          _("has another digest than in the manifest; damaged segments of 64 "
                            "MiB: %u, the first at byte %" PRIu64),
                          damaged, first);
}

/* Verifies the digest of one file. Each file has a run of the engine of its own, so that a file
 * that cannot be read does not stop the others. */
static gboolean
verify_digest(Verify *self, const ManifestFile *file, int fd, GError **error)
{
    VerifyItem item = {.file = file, .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GError) why = NULL;

    item.errsv = errno;
    item.engine.user_data = &item;
    item.engine.open = open_verify_item;
    item.engine.weight = file->bytes;
    item.engine.want_digest = TRUE;
    g_ptr_array_add(items, &item.engine);
    if (engine_run(items, 0, self->order->control, NULL, &why)) {
        if (memcmp(item.engine.digest, file->digest, DIGEST_BYTES) != 0)
            report_wrong_digest(self, &item);
    }
    fd_clear(&item.fd);
    engine_item_clear(&item.engine);
    /* That the verification has to end, for whatever reason, says nothing about the file. */
    if (why && !control_pass(self->order->control, 0, error))
        return FALSE;
    if (why)
        verify_report_add_error(self->report, file->path, why);

    return TRUE;
}

/* --- images --------------------------------------------------------------- */

static void
verify_internal(Verify *self, const ManifestFile *file, int fd, const Qcow2Header *header,
                const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) snapshots = qcow2_snapshots_read(fd, header, file->path, &error);

    if (!snapshots) {
        verify_report_add_error(self->report, file->path, error);
        return;
    }
    for (guint i = 0; i < snapshots->len; i++) {
        if (g_str_equal(((const Qcow2Snapshot *)g_ptr_array_index(snapshots, i))->name, name))
            return;
    }
    verify_report_add(self->report, file->path, _("does not hold the internal snapshot '%s'"),
                      name);
}

/* Checks that the image has the internal snapshots that are the state of disks in the manifest. */
static void
verify_internals(Verify *self, const ManifestFile *file, int fd, const Qcow2Header *header)
{
    for (guint i = 0; i < self->manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(self->manifest->domains, i);

        for (guint j = 0; j < domain->snapshots->len; j++) {
            const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, j);

            for (guint k = 0; k < snapshot->disks->len; k++) {
                const ManifestDisk *disk = g_ptr_array_index(snapshot->disks, k);

                if (disk->internal && g_strcmp0(disk->layer, file->path) == 0)
                    verify_internal(self, file, fd, header, disk->internal);
            }
        }
    }
}

static void
verify_reference(Verify *self, const ManifestFile *file, const Qcow2Header *header)
{
    const ManifestFile *below =
        file->backing ? manifest_file(self->manifest, file->backing) : NULL;
    g_autofree char *name = below ? g_path_get_basename(below->path) : NULL;

    if (g_strcmp0(header->backing_name, name) != 0)
        verify_report_add(self->report, file->path,
                          _("refers to '%s' where the manifest says '%s'"),
                          header->backing_name ? header->backing_name : "", name ? name : "");
    if (below && g_strcmp0(header->backing_format, below->format) != 0)
        verify_report_add(self->report, file->path,
                          _("says that '%s' has the format '%s' where the manifest says '%s'"),
                          name, header->backing_format ? header->backing_format : "",
                          below->format);
    if (header->virtual_size != file->capacity)
        verify_report_add(self->report, file->path,
                          _("is a disk of %" PRIu64 " bytes where the manifest says %" PRIu64),
                          header->virtual_size, file->capacity);
}

static void
verify_image(Verify *self, const ManifestFile *file, int fd)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, file->path, &error);

    if (!header || !qcow2_header_check(header, file->path, &error)) {
        verify_report_add_error(self->report, file->path, error);
        return;
    }
    verify_reference(self, file, header);
    verify_internals(self, file, fd, header);
    /* QEMU cannot open an encrypted image without its secret, so such an image is not checked. */
    if (!self->order->deep || header->crypt_method != 0 ||
        drivers_get()->check_image(fd, file->path, &error))
        return;
    /* The reference counts of an image that was not closed properly are wrong until QEMU opens it
     * for writing and repairs them. */
    if (!(header->incompatible & QCOW2_INCOMPATIBLE_DIRTY)) {
        verify_report_add_error(self->report, file->path, error);
        return;
    }
    self->report->unclosed++;
    verify_report_add(self->report, file->path,
                      _("was not closed cleanly: QEMU repairs its reference counts when it opens "
                        "it for writing, as qemu-img check -r all does; till then it says: %s"),
                      error->message);
}

/* --- files ---------------------------------------------------------------- */

/* A socket cannot be opened. */
static gboolean
is_socket(const Verify *self, const ManifestFile *file)
{
    struct stat st;

    return fstatat(self->dirfd, file->path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode);
}

static int
open_export_file(Verify *self, const ManifestFile *file)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open_beneath(self->dirfd, file->path, O_RDONLY | O_NONBLOCK, &error);
    struct stat st;

    if (fd < 0) {
        if (g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
            verify_report_add(self->report, file->path, _("is missing"));
        else if (is_socket(self, file))
            verify_report_add(self->report, file->path, _("is not a regular file"));
        else
            verify_report_add_error(self->report, file->path, error);
        return -1;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        verify_report_add(self->report, file->path, _("is not a regular file"));
        return -1;
    }
    self->report->files++;
    self->report->bytes += (guint64)st.st_size;
    if ((guint64)st.st_size != file->bytes) {
        verify_report_add(self->report, file->path,
                          _("has %" PRIu64 " bytes where the manifest says %" PRIu64),
                          (guint64)st.st_size, file->bytes);
        return -1;
    }

    return fd_steal(&fd);
}

static void
verify_raw(Verify *self, const ManifestFile *file, int fd)
{
    guint64 capacity = verify_match_capacity(file, fd);

    if (capacity != file->capacity)
        verify_report_add(self->report, file->path,
                          _("is a disk of %" PRIu64 " bytes where the manifest says %" PRIu64),
                          capacity, file->capacity);
}

/* Looks at what the file is. Of a document that is damaged nothing more can be said. */
static void
verify_content(Verify *self, const ManifestFile *file, int fd, gboolean damaged)
{
    if (g_strcmp0(file->format, "qcow2") == 0)
        verify_image(self, file, fd);
    else if (file->format)
        verify_raw(self, file, fd);
    else if (g_str_equal(file->role, "domain") && !damaged)
        verify_match_document(self->manifest, file, fd, self->report);
}

static gboolean
verify_file(Verify *self, const ManifestFile *file, GError **error)
{
    guint before = self->report->problems->len;
    auto_fd fd = open_export_file(self, file);

    if (fd < 0) {
        control_advance(self->order->control, file->bytes);
        return control_pass(self->order->control, 0, error);
    }
    if (!file->has_digest)
        control_advance(self->order->control, file->bytes);
    else if (!verify_digest(self, file, fd, error))
        return FALSE;
    verify_content(self, file, fd, self->report->problems->len > before);

    return TRUE;
}

static gboolean
verify_files(Verify *self, GError **error)
{
    guint64 end = 0;

    for (guint i = 0; i < self->manifest->files->len; i++)
        end += ((const ManifestFile *)g_ptr_array_index(self->manifest->files, i))->bytes;
    control_set_end(self->order->control, end);
    if (self->order->ready && !self->order->ready(end, self->order->data, error))
        return FALSE;
    for (guint i = 0; i < self->manifest->files->len; i++) {
        if (!verify_file(self, g_ptr_array_index(self->manifest->files, i), error))
            return FALSE;
    }

    return TRUE;
}

static guint
count_undigested(const Manifest *manifest)
{
    guint n = 0;

    for (guint i = 0; i < manifest->files->len; i++)
        n += !((const ManifestFile *)g_ptr_array_index(manifest->files, i))->has_digest;

    return n;
}

/* No permission, or it is being removed. */
static gboolean
nothing_to_say(const GError *error)
{
    return export_lock_refused(error) ||
           g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
}

VerifyReport *
verify_export(const VerifyOrder *order, GError **error)
{
    g_autoptr(VerifyReport) report = verify_report_new();
    g_autoptr(Manifest) manifest = NULL;
    g_autoptr(GError) why = NULL;
    auto_fd dirfd = fd_open(AT_FDCWD, order->path, O_RDONLY | O_DIRECTORY, 0, error);
    auto_fd lock = -1;
    Verify self = {.order = order, .dirfd = dirfd, .report = report};

    if (dirfd < 0)
        return NULL;
    lock = export_lock_read(dirfd, order->path, &why);
    if (lock >= 0)
        manifest = manifest_load(dirfd, &why);
    if (nothing_to_say(why)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    if (!manifest) {
        verify_report_add_error(report, MANIFEST_FILE, why);
        return g_steal_pointer(&report);
    }
    self.manifest = manifest;
    report->files = 1;
    report->undigested = count_undigested(manifest);
    verify_tree(dirfd, manifest, report);
    verify_match_layers(manifest, report);
    if (!verify_files(&self, error))
        return NULL;

    return g_steal_pointer(&report);
}
