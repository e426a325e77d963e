/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "archive/export-links.h"
#include "archive/export-protect.h"
#include "archive/target.h"
#include "util/fd.h"

/* The unit of st_blocks in bytes, which does not depend on the file system. */
#define BLOCK_BYTES 512

typedef struct {
    guint64 device;
    guint64 inode;
    guint64 names; /* number of its hard links that are known */
    guint64 bytes;
} Node;

struct ExportLinks {
    GHashTable *nodes; /* Node -> itself, owned */
    guint64 own;
    guint64 shared;
};

static guint
node_hash(gconstpointer node)
{
    return g_int64_hash(&((const Node *)node)->inode);
}

static gboolean
node_equal(gconstpointer a, gconstpointer b)
{
    const Node *one = a;
    const Node *other = b;

    return one->device == other->device && one->inode == other->inode;
}

ExportLinks *
export_links_new(void)
{
    ExportLinks *self = g_new0(ExportLinks, 1);

    self->nodes = g_hash_table_new_full(node_hash, node_equal, g_free, NULL);

    return self;
}

static Node *
find_node(ExportLinks *self, const struct stat *st)
{
    Node key = {.device = st->st_dev, .inode = st->st_ino};
    Node *node = g_hash_table_lookup(self->nodes, &key);

    if (node)
        return node;
    node = g_memdup2(&key, sizeof key);
    node->bytes = (guint64)st->st_blocks * BLOCK_BYTES;
    g_hash_table_add(self->nodes, node);
    self->shared += node->bytes;

    return node;
}

static void
add_name(ExportLinks *self, const struct stat *st)
{
    Node *node = find_node(self, st);

    if (++node->names != st->st_nlink)
        return;
    self->own += node->bytes;
    self->shared -= node->bytes;
}

/* Adds a file that every export has and that its manifest does not name. */
static void
add_known(ExportLinks *self, int dirfd, const char *name)
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        add_name(self, &st);
}

static gboolean
add_file(ExportLinks *self, int dirfd, const ManifestFile *file, GError **error)
{
    auto_fd fd = fd_open_inside(dirfd, file->path, O_PATH, error);
    struct stat st = {0};

    if (fd < 0)
        return FALSE;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        add_name(self, &st);
    if (S_ISREG(st.st_mode) && (guint64)st.st_size == file->bytes)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' has %" PRIu64 " bytes where the manifest says %" PRIu64), file->path,
                (guint64)st.st_size, file->bytes);

    return FALSE;
}

gboolean
export_links_add(ExportLinks *self, int dirfd, const Manifest *manifest, GError **error)
{
    static const char *const known[] = {MANIFEST_FILE, JOURNAL_FILE, PROTECTED_FILE};
    gboolean complete = TRUE;

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (!manifest_file(manifest, known[i]))
            add_known(self, dirfd, known[i]);
    }
    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);

        complete = add_file(self, dirfd, file, complete ? error : NULL) && complete;
    }

    return complete;
}

guint64
export_links_own(const ExportLinks *self)
{
    return self->own;
}

guint64
export_links_shared(const ExportLinks *self)
{
    return self->shared;
}

void
export_links_free(ExportLinks *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->nodes);
    g_free(self);
}
