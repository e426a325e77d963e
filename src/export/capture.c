/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "export/capture.h"
#include "hypervisor/drivers.h"
#include "util/fd.h"

#define FILE_MODE 0600

/* A disk on its way into its file. */
typedef struct {
    EngineItem engine;
    CapturedDisk *disk; /* owned */
    const char *socket; /* not owned */
    int dirfd;          /* not owned */
    gboolean made;      /* the file is ours */
} CaptureItem;

void
captured_disk_free(CapturedDisk *disk)
{
    if (!disk)
        return;
    g_free(disk->target);
    g_free(disk->file);
    g_free(disk);
}

static gboolean
open_item(EngineItem *engine, GError **error)
{
    CaptureItem *self = engine->user_data;
    g_autoptr(GError) why = NULL;

    engine->source = drivers_get()->open_captured(self->socket, self->disk->target, error);
    if (!engine->source)
        return FALSE;
    self->disk->bytes = engine->source->size;
    engine->sink = drivers_get()->create_file(self->dirfd, self->disk->file, self->disk->bytes,
                                              FILE_MODE, &why);
    self->made = !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    if (!engine->sink)
        g_propagate_error(error, g_steal_pointer(&why));

    return engine->sink != NULL;
}

static void
item_free(CaptureItem *self)
{
    engine_item_clear(&self->engine);
    captured_disk_free(self->disk);
    g_free(self);
}

static CaptureItem *
item_new(const char *target, const char *socket, int dirfd, gboolean digest)
{
    CaptureItem *self = g_new0(CaptureItem, 1);

    self->disk = g_new0(CapturedDisk, 1);
    self->disk->target = g_strdup(target);
    self->disk->file = g_strconcat(target, ".qcow2", NULL);
    self->socket = socket;
    self->dirfd = dirfd;
    self->engine.open = open_item;
    self->engine.want_digest = digest;
    self->engine.user_data = self;

    return self;
}

static gboolean
move_items(GPtrArray *items, guint workers, Control *control, EngineStats *stats, GError **error)
{
    g_autoptr(GPtrArray) engine_items = g_ptr_array_new();

    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(engine_items, &((CaptureItem *)g_ptr_array_index(items, i))->engine);

    return engine_run(engine_items, workers, control, stats, error);
}

static void
remove_files(GPtrArray *items, int dirfd)
{
    for (guint i = 0; i < items->len; i++) {
        const CaptureItem *item = g_ptr_array_index(items, i);
        g_autoptr(GError) error = NULL;

        if (item->made && !tree_remove_at(dirfd, item->disk->file, &error))
            g_warning("%s", error->message);
    }
}

static GPtrArray *
take_disks(GPtrArray *items)
{
    GPtrArray *disks = g_ptr_array_new_with_free_func((GDestroyNotify)captured_disk_free);

    for (guint i = 0; i < items->len; i++) {
        CaptureItem *item = g_ptr_array_index(items, i);

        memcpy(item->disk->digest, item->engine.digest, DIGEST_BYTES);
        g_ptr_array_add(disks, g_steal_pointer(&item->disk));
    }

    return disks;
}

/* That nothing is overwritten is seen before the domain is touched. */
static gboolean
check_absent(int dirfd, GPtrArray *targets, const char *directory, GError **error)
{
    for (guint i = 0; i < targets->len; i++) {
        const char *target = g_ptr_array_index(targets, i);
        g_autofree char *file = g_strconcat(target, ".qcow2", NULL);

        if (strchr(target, '/')) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                        _("'%s' is no target of a disk"), target);
            return FALSE;
        }
        if (faccessat(dirfd, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                    _("'%s/%s' exists already; nothing was touched"), directory, file);
        return FALSE;
    }

    return TRUE;
}

/* A job that may still be there keeps others from the domain, and fills its scratch files: whatever
 * else went wrong, the user hears of it. */
static void
tell_late(const GError *late, gboolean alone, GError **error)
{
    if (alone)
        g_propagate_error(error, g_error_copy(late));
    else if (error && *error) {
        g_autofree char *text = g_strdup_printf("%s; %s", (*error)->message, late->message);

        g_free((*error)->message);
        (*error)->message = g_steal_pointer(&text);
    }
}

GPtrArray *
capture_disks(Hypervisor *hypervisor, const char *domain, GPtrArray *targets,
              const char *directory, guint workers, gboolean digest, Control *control,
              EngineStats *stats, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
    g_autoptr(GError) late = NULL;
    auto_fd dirfd = fd_open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, error);
    HypervisorCapture *capture;
    gboolean ok;

    if (dirfd < 0 || !check_absent(dirfd, targets, directory, error) ||
        !hypervisor->ops->sees(hypervisor, directory, error))
        return NULL;
    capture = hypervisor->ops->capture(hypervisor, domain, targets, directory, error);
    if (!capture)
        return NULL;
    for (guint i = 0; i < targets->len; i++)
        g_ptr_array_add(items, item_new(g_ptr_array_index(targets, i), capture->socket, dirfd,
                                        digest));
    ok = move_items(items, workers, control, stats, error);
    /* What was read is that instant's only if it was held until now. */
    if (!hypervisor->ops->release(hypervisor, capture, &late)) {
        tell_late(late, ok, error);
        ok = FALSE;
    }
    if (ok && fd_sync(dirfd, directory, error))
        return take_disks(items);
    remove_files(items, dirfd);

    return NULL;
}
