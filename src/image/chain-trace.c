/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/backing-reference.h"
#include "image/chain-trace.h"
#include "util/fd.h"

/* The shortest header of a qcow2 image. */
#define QCOW2_LENGTH_MIN 72
/* Of a VMDK image: what QEMU reads of its description, and where a sparse image has it. */
#define VMDK_TEXT_MAX (1 << 20)
#define VMDK_SECTOR 512
#define VMDK_CAPACITY_AT 12
#define VMDK_TEXT_AT 28

/* The formats of QEMU that have no backing images. */
static const char *const flat_formats[] = {"raw",    "luks",  "vdi",  "vpc",       "vhdx", "dmg",
                                           "bochs",  "cloop", "iso",  "parallels", "fat",  "dir",
                                           NULL};

typedef struct {
    gboolean block;
    guint64 device; /* of a block device its own number, with inode 0 */
    guint64 inode;
} ImageId;

struct ImageSet {
    GArray *ids; /* ImageId */
};

ImageSet *
image_set_new(void)
{
    ImageSet *self = g_new0(ImageSet, 1);

    self->ids = g_array_new(FALSE, FALSE, sizeof(ImageId));

    return self;
}

void
image_set_free(ImageSet *self)
{
    if (!self)
        return;
    g_array_unref(self->ids);
    g_free(self);
}

static gboolean
has_id(const ImageSet *self, const ImageId *id)
{
    for (guint i = 0; i < self->ids->len; i++) {
        const ImageId *one = &g_array_index(self->ids, ImageId, i);

        if (one->block == id->block && one->device == id->device && one->inode == id->inode)
            return TRUE;
    }

    return FALSE;
}

gboolean
image_set_has(const ImageSet *self, const Layer *layer)
{
    const ImageId id = {layer->block, layer->device, layer->inode};

    return has_id(self, &id);
}

/* @known: (out) (optional): whether the file was in the set before. */
static gboolean
add_file(ImageSet *self, const char *path, gboolean *known, GError **error)
{
    struct stat st;
    ImageId id;

    if (stat(path, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot find the image '%s'"), path);
        return FALSE;
    }
    id = S_ISBLK(st.st_mode) ? (ImageId){TRUE, st.st_rdev, 0}
                             : (ImageId){FALSE, st.st_dev, st.st_ino};
    *known = has_id(self, &id);
    if (!*known)
        g_array_append_val(self->ids, id);

    return TRUE;
}

gboolean
image_set_add(ImageSet *self, const char *path, GError **error)
{
    gboolean known;

    return add_file(self, path, &known, error);
}

static gboolean
refuse_format(const char *path, const char *format, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The image '%s' has the format '%s', which may have a backing image that only "
                  "QEMU can tell"),
                path, format);

    return FALSE;
}

/* Returns: which of the formats that can have backing images begins with @magic; else "raw". */
static const char *
guess_format(const guint8 *magic)
{
    static const struct {
        const char *magic;
        const char *format;
    } formats[] = {{"QFI\xfb", "qcow2"}, {"QED", "qed"}, {"KDMV", "vmdk"}, {"COWD", "vmdk"},
                   {"# Di", "vmdk"}};

    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (memcmp(magic, formats[i].magic, 4) == 0)
            return formats[i].format;
    }

    return "raw";
}

static int
open_to_trace(const char *path, GError **error)
{
    struct stat st;
    auto_fd fd = fd_open_data(AT_FDCWD, path, 0, &st);

    if (fd < 0)
        virt_snap_error_set_errno(error, errno, _("Cannot open the image '%s'"), path);

    return fd_steal(&fd);
}

/* Adds what the reference @name in the header of the image at @path leads to. */
static gboolean
trace_reference(ImageSet *self, const char *path, const char *name, const char *format,
                GError **error)
{
    g_autoptr(BackingReference) reference = NULL;
    g_autofree char *below = NULL;

    if (backing_reference_is_remote(name))
        return TRUE;
    reference = backing_reference_parse(name, path, error);
    if (!reference)
        return FALSE;
    below = backing_reference_locate(path, reference->path);

    return image_set_trace(self, below, format ? format : reference->format, error);
}

/* What an interrupted 'qemu-img create' leaves names no other image. */
static gboolean
is_too_short(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < QCOW2_LENGTH_MIN;
}

static gboolean
trace_qcow2(ImageSet *self, int fd, const char *path, GError **error)
{
    g_autoptr(Qcow2Header) header = NULL;

    if (is_too_short(fd))
        return TRUE;
    header = qcow2_header_read(fd, path, error);
    if (!header)
        return FALSE;
    if (header->incompatible & ~(guint64)QCOW2_INCOMPATIBLE_KNOWN)
        return qcow2_header_check(header, path, error);
    if (header->data_name && !trace_reference(self, path, header->data_name, "raw", error))
        return FALSE;

    return !header->backing_name ||
           trace_reference(self, path, header->backing_name, header->backing_format, error);
}

static guint64
get_little(const guint8 *p)
{
    guint64 value;

    memcpy(&value, p, sizeof value);

    return GUINT64_FROM_LE(value);
}

/* @head: the beginning of the image
 * @extents: (out): whether its data are in the files that the description names, and not in its own
 *
 * Returns: where the description of the VMDK image begins. */
static guint64
find_vmdk_text(const guint8 *head, gboolean *extents)
{
    *extents = FALSE;
    if (memcmp(head, "COWD", 4) == 0)
        return VMDK_SECTOR;
    *extents = memcmp(head, "KDMV", 4) != 0;
    if (*extents)
        return 0;
    *extents = get_little(head + VMDK_CAPACITY_AT) == 0;

    return get_little(head + VMDK_TEXT_AT) * VMDK_SECTOR;
}

static gboolean
trace_vmdk_line(ImageSet *self, const char *path, char *line, gboolean extents, GError **error)
{
    gboolean parent = g_str_has_prefix(g_strchug(line), "parentFileNameHint");
    char *name = strchr(line, '"');
    char *end = name ? strchr(name + 1, '"') : NULL;

    if (!end || end == name + 1 || !(parent || (extents && g_str_has_prefix(line, "RW"))))
        return TRUE;
    *end = '\0';

    return trace_reference(self, path, name + 1, parent ? "vmdk" : "raw", error);
}

/* QEMU takes nothing but another VMDK image as the parent of one, but what it consists of may be
 * any files. */
static gboolean
trace_vmdk(ImageSet *self, int fd, const char *path, GError **error)
{
    guint8 head[VMDK_SECTOR] = {0};
    g_autofree char *text = g_malloc0(VMDK_TEXT_MAX + 1);
    g_auto(GStrv) lines = NULL;
    gboolean extents;

    if (pread(fd, head, sizeof head, 0) < 0 ||
        pread(fd, text, VMDK_TEXT_MAX, (off_t)find_vmdk_text(head, &extents)) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot read the image '%s'"), path);
        return FALSE;
    }
    lines = g_strsplit_set(text, "\r\n", -1);
    for (gsize i = 0; lines[i]; i++) {
        if (!trace_vmdk_line(self, path, lines[i], extents, error))
            return FALSE;
    }

    return TRUE;
}

/* Adds what the image at @path needs, of which it is not certain that it is flat. */
static gboolean
trace_below(ImageSet *self, const char *path, const char *format, GError **error)
{
    auto_fd fd = open_to_trace(path, error);
    guint8 magic[4] = {0};

    if (fd < 0)
        return FALSE;
    if (!format) {
        if (pread(fd, magic, sizeof magic, 0) < 0) {
            virt_snap_error_set_errno(error, errno, _("Cannot read the image '%s'"), path);
            return FALSE;
        }
        format = guess_format(magic);
    }
    if (g_str_equal(format, "qcow2"))
        return trace_qcow2(self, fd, path, error);
    if (g_str_equal(format, "vmdk"))
        return trace_vmdk(self, fd, path, error);

    return g_strv_contains(flat_formats, format) || refuse_format(path, format, error);
}

gboolean
image_set_trace(ImageSet *self, const char *path, const char *format, GError **error)
{
    gboolean known;

    if (!add_file(self, path, &known, error))
        return FALSE;
    /* Also a chain with a loop ends here. */
    if (known || (format && g_strv_contains(flat_formats, format)))
        return TRUE;

    return trace_below(self, path, format, error);
}
