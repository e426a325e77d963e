/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/statvfs.h>

#include "export/live-scratch.h"
#include "util/format.h"
#include "util/process.h"
#include "util/strings.h"

/* How often the free space is looked at, and how much of it must be left: a twentieth of the
 * file system, within these bounds. A guest that writes 300 MB a second fills the smallest of
 * them in a fifth of a second. */
#define LOOK_US (G_USEC_PER_SEC / 20)
#define RESERVE_MIN ((guint64)64 << 20)
#define RESERVE_MAX ((guint64)1 << 30)

struct LiveScratch {
    GPtrArray *directories; /* char* */
    Control *control;       /* not owned, as data */
    LiveScratchFunc func;
    gpointer data;
    GThread *thread;
    GMutex lock; /* guards what follows */
    GCond changed;
    gboolean ended;
};

static gboolean
check_one(const char *directory, GError **error)
{
    g_autofree char *there = NULL;
    struct statvfs vfs;
    guint64 size, left;

    if (statvfs(directory, &vfs) < 0) {
        /* The directory of a domain is removed when everything of it has been read. */
        if (errno == ENOENT)
            return TRUE;
        virt_snap_error_set_errno(error, errno, _("Cannot ask for the free space of '%s'"),
                                  directory);
        return FALSE;
    }
    size = (guint64)vfs.f_blocks * vfs.f_frsize;
    left = (guint64)vfs.f_bavail * vfs.f_frsize;
    if (left > CLAMP(size / 20, RESERVE_MIN, RESERVE_MAX))
        return TRUE;
    there = format_bytes(left);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE,
                _("What the running domains overwrite during the export has too little room in "
                  "'%s' (%s left), and they must not run out of it; make room, or name another "
                  "directory with --scratch"),
                directory, there);

    return FALSE;
}

static gboolean
check_all_scratch(const LiveScratch *self, GError **error)
{
    for (guint i = 0; i < self->directories->len; i++) {
        if (!check_one(g_ptr_array_index(self->directories, i), error))
            return FALSE;
    }

    return TRUE;
}

static gpointer
scratch_main(gpointer data)
{
    LiveScratch *self = data;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    GError *error = NULL;

    while (!self->ended) {
        if (!check_all_scratch(self, &error))
            control_fail(self->control, g_steal_pointer(&error));
        if (control_is_cancelled(self->control)) {
            self->func(self->data);
            break;
        }
        g_cond_wait_until(&self->changed, &self->lock, g_get_monotonic_time() + LOOK_US);
    }

    return NULL;
}

LiveScratch *
live_scratch_watch(GPtrArray *directories, Control *control, LiveScratchFunc func, gpointer data,
                   GError **error)
{
    g_autoptr(LiveScratch) self = g_new0(LiveScratch, 1);

    self->directories = strings_copy(directories);
    self->control = control;
    self->func = func;
    self->data = data;
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    if (!check_all_scratch(self, error))
        return NULL;
    self->thread = process_thread("virtsnap-scratch", scratch_main, self, error);

    return self->thread ? g_steal_pointer(&self) : NULL;
}

void
live_scratch_free(LiveScratch *self)
{
    if (!self)
        return;
    g_mutex_lock(&self->lock);
    self->ended = TRUE;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->lock);
    if (self->thread)
        g_thread_join(self->thread);
    g_ptr_array_unref(self->directories);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
    g_free(self);
}
