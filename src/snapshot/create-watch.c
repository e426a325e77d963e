/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <unistd.h>

#include "hypervisor/snapshot-ops.h"
#include "snapshot/create-watch.h"

#define POLL_US (G_USEC_PER_SEC / 10)

struct CreateWatch {
    Hypervisor *hypervisor;
    Control *control;
    GThread *thread;
    GMutex lock;
    GCond ended;
    gboolean over;         /* guarded by the lock, as what follows */
    GPtrArray *under_way;  /* SetMember: libvirt has been asked for their snapshots */
};

static gboolean
has_memory_files(const SetRecord *record)
{
    for (guint i = 0; i < record->members->len; i++) {
        if (((const SetMember *)g_ptr_array_index(record->members, i))->memory)
            return TRUE;
    }

    return FALSE;
}

/* libvirt ends whatever job the domain has, and tells of none whose it is. But it makes the file of
 * ours only when the jobs of other programs, for which ours waits, have ended, and removes it, if
 * ours fails, before another one can begin. */
static gboolean
is_being_written(const SetMember *member)
{
    return member->memory && access(member->memory, F_OK) == 0;
}

static void
abort_all(CreateWatch *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    for (guint i = 0; i < self->under_way->len; i++) {
        const SetMember *member = g_ptr_array_index(self->under_way, i);

        if (is_being_written(member))
            self->hypervisor->ops->snapshots->abort(self->hypervisor, member->uuid);
    }
}

/* Returns: whether it is over. */
static gboolean
wait_a_little(CreateWatch *self)
{
    gint64 until = g_get_monotonic_time() + POLL_US;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    while (!self->over && g_cond_wait_until(&self->ended, &self->lock, until))
        continue;

    return self->over;
}

/* It is tried again and again, because a snapshot may begin only after the first time. */
static gpointer
watch(gpointer data)
{
    CreateWatch *self = data;

    while (!wait_a_little(self)) {
        if (control_is_cancelled(self->control))
            abort_all(self);
    }

    return NULL;
}

CreateWatch *
create_watch_start(Hypervisor *hypervisor, const SetRecord *record, Control *control)
{
    CreateWatch *self;

    if (!has_memory_files(record))
        return NULL;
    self = g_new0(CreateWatch, 1);
    self->hypervisor = hypervisor;
    self->under_way = g_ptr_array_new();
    self->control = control;
    g_mutex_init(&self->lock);
    g_cond_init(&self->ended);
    self->thread = g_thread_new("virtsnap-watch", watch, self);

    return self;
}

void
create_watch_begin(CreateWatch *self, const SetMember *member)
{
    if (!self)
        return;
    g_mutex_lock(&self->lock);
    g_ptr_array_add(self->under_way, (gpointer)member);
    g_mutex_unlock(&self->lock);
}

void
create_watch_done(CreateWatch *self, const SetMember *member)
{
    if (!self)
        return;
    g_mutex_lock(&self->lock);
    g_ptr_array_remove(self->under_way, (gpointer)member);
    g_mutex_unlock(&self->lock);
}

void
create_watch_end(CreateWatch *self)
{
    if (!self)
        return;
    g_mutex_lock(&self->lock);
    self->over = TRUE;
    g_cond_broadcast(&self->ended);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->thread);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->ended);
    g_ptr_array_unref(self->under_way);
    g_free(self);
}
