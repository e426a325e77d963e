/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include "hypervisor/layer-ops.h"
#include "image/image-lock.h"
#include "image/layer-snapshots.h"
#include "snapshot/image-rename.h"
#include "snapshot/layer-remove.h"
#include "util/fd.h"

/* --- who needs it --------------------------------------------------------------------- */

static gboolean
is_needed_in(const DomainSurvey *domain, const char *except, const Layer *layer)
{
    if (image_is_named(domain->xml, layer) ||
        (domain->persistent && image_is_named(domain->persistent, layer)))
        return TRUE;
    for (guint i = 0; i < domain->snapshots->len; i++) {
        const SnapshotRecord *snapshot = g_ptr_array_index(domain->snapshots, i);

        if (g_strcmp0(snapshot->name, except) != 0 && image_is_named(snapshot->xml, layer))
            return TRUE;
    }

    return FALSE;
}

const DomainSurvey *
layer_named_by(GPtrArray *domains, const LayerException *except, const Layer *layer)
{
    for (guint i = 0; i < domains->len; i++) {
        const DomainSurvey *domain = g_ptr_array_index(domains, i);

        if (is_needed_in(domain, domain == except->domain ? except->snapshot : NULL, layer))
            return domain;
    }

    return NULL;
}

/* Returns: whether an image header, or the XML of a domain or a snapshot other than @except,
 * names the layer. */
gboolean
layer_is_needed(GPtrArray *domains, const ImageUsers *users, const LayerException *except,
                const Layer *layer)
{
    for (guint i = 0; i < users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(users->users, i);

        if (layer_in(user->top, layer) && !(user->domain == except->domain &&
                                            g_strcmp0(user->snapshot, except->snapshot) == 0))
            return TRUE;
    }
    for (guint i = 0; i < users->traces->len; i++) {
        const ImageTrace *trace = g_ptr_array_index(users->traces, i);

        if (image_set_has(trace->files, layer) &&
            !image_trace_is_of(trace, except->domain, except->snapshot))
            return TRUE;
    }

    return layer_named_by(domains, except, layer) != NULL;
}

/* --- its file ---------------------------------------------------------------------------- */

int
layer_hold(const Layer *layer, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, layer->path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, error);

    if (fd < 0 || !image_lock_acquire(fd, layer->path, error))
        return -1;

    return fd_steal(&fd);
}

void
layer_remove_file(const char *path, GPtrArray *warnings)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;
    auto_fd fd = -1;
    int errsv = unlink(path) < 0 ? errno : 0;

    if (errsv != 0 && errsv != ENOENT) {
        g_ptr_array_add(warnings, g_strdup_printf(_("'%s' is not needed any more, and cannot be "
                                                    "removed: %s"),
                                                  path, g_strerror(errsv)));
        return;
    }
    fd = fd_open_dir(AT_FDCWD, directory, &error);
    if (fd < 0 || !fd_sync(fd, directory, &error))
        g_debug("%s", error->message);
}

/* An internal snapshot is a state of the disk that is in no other file. */
static gboolean
has_no_snapshots(const Layer *layer, GError **error)
{
    g_autofree char *names = layer_snapshot_names(layer, error);

    if (!names || !*names)
        return names != NULL;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("it has the internal snapshots %s; remove it if nobody misses them"), names);

    return FALSE;
}

void
layer_remove(const Layer *layer, GPtrArray *warnings)
{
    g_autoptr(GError) error = NULL;
    auto_fd held = -1;

    /* A block device is not removed. */
    if (layer->block)
        return;
    held = layer_hold(layer, &error);
    if (held >= 0 && has_no_snapshots(layer, &error))
        layer_remove_file(layer->path, warnings);
    else if (!g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("'%s' is left: %s"), layer->path, error->message));
}

gboolean
layer_remove_unneeded(Hypervisor *hypervisor, const Layer *layer, GPtrArray *warnings,
                      GError **error)
{
    const LayerException nobody = {NULL, NULL};
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, error);
    g_autoptr(ImageUsers) users = domains ? image_users_find(domains, error) : NULL;

    if (!users || !image_users_check(users, NULL, NULL, error))
        return FALSE;
    if (!layer_is_needed(domains, users, &nobody, layer))
        layer_remove(layer, warnings);

    return TRUE;
}
