/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "image/layer-snapshots.h"
#include "util/fd.h"

/* The internal snapshots of @layer as it is now. */
static GPtrArray *
read_layer_snapshots(const Layer *layer, GError **error)
{
    auto_fd fd = layer_open_now(layer, error);
    g_autoptr(Qcow2Header) header = fd < 0 ? NULL : qcow2_header_read(fd, layer->path, error);

    return header ? qcow2_snapshots_read(fd, header, layer->path, error) : NULL;
}

static const Qcow2Snapshot *
find_layer_snapshot(GPtrArray *snapshots, const char *name)
{
    for (guint i = 0; i < snapshots->len; i++) {
        const Qcow2Snapshot *snapshot = g_ptr_array_index(snapshots, i);

        if (g_str_equal(snapshot->name, name))
            return snapshot;
    }

    return NULL;
}

/* Takes the snapshot @name from @snapshots; a second one of the same name is an error, because QEMU
 * would silently use the first. */
static Qcow2Snapshot *
steal_named(GPtrArray *snapshots, const char *name, const char *path, GError **error)
{
    gint found = -1;

    for (guint i = 0; i < snapshots->len; i++) {
        const Qcow2Snapshot *snapshot = g_ptr_array_index(snapshots, i);

        if (!g_str_equal(snapshot->name, name))
            continue;
        if (found >= 0) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                        _("The image '%s' has two internal snapshots '%s', and which of them is "
                          "meant is not known; delete one, by its id, with: qemu-img snapshot -d"),
                        path, name);
            return NULL;
        }
        found = (gint)i;
    }
    if (found < 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("The image '%s' has no internal snapshot '%s' any more"), path, name);
        return NULL;
    }

    return g_ptr_array_steal_index(snapshots, (guint)found);
}

Qcow2Snapshot *
layer_find_snapshot(const Layer *layer, const char *name, GError **error)
{
    g_autoptr(GPtrArray) snapshots = read_layer_snapshots(layer, error);

    return snapshots ? steal_named(snapshots, name, layer->path, error) : NULL;
}

/* A snapshot that is made anew may get the number of the one before it, and its place in the
 * image, but not its time. */
static gboolean
is_same_snapshot(const Qcow2Snapshot *one, const Qcow2Snapshot *other)
{
    return g_str_equal(one->id, other->id) && one->date == other->date &&
           one->l1_offset == other->l1_offset && one->l1_entries == other->l1_entries;
}

gboolean
layer_keeps_snapshot(const Layer *layer, const Qcow2Snapshot *snapshot, GError **error)
{
    g_autoptr(Qcow2Snapshot) now = layer_find_snapshot(layer, snapshot->name, error);

    if (!now)
        return FALSE;
    if (is_same_snapshot(now, snapshot))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The internal snapshot '%s' in the image '%s' was deleted and made again since "
                  "the export began, so it is another state; export again"),
                snapshot->name, layer->path);

    return FALSE;
}

char *
layer_snapshot_names(const Layer *layer, GError **error)
{
    gboolean qcow2 = g_str_equal(layer->format, "qcow2");
    g_autoptr(GPtrArray) snapshots = qcow2 ? read_layer_snapshots(layer, error) : NULL;
    GString *names;

    if (qcow2 && !snapshots)
        return NULL;
    names = g_string_new(NULL);
    for (guint i = 0; snapshots && i < snapshots->len; i++)
        g_string_append_printf(names, "%s'%s'", i ? ", " : "",
                               ((const Qcow2Snapshot *)g_ptr_array_index(snapshots, i))->name);

    return g_string_free(names, FALSE);
}

gboolean
layer_has_memory(const Layer *layer, const char *name)
{
    g_autoptr(GPtrArray) snapshots = read_layer_snapshots(layer, NULL);
    const Qcow2Snapshot *snapshot = snapshots ? find_layer_snapshot(snapshots, name) : NULL;

    return snapshot && snapshot->vm_state_bytes > 0;
}
