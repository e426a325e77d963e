/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/snapshot-ops.h"
#include "snapshot/create-watch.h"

#define POLL_US (G_USEC_PER_SEC / 10)

struct CreateWatch {
    Hypervisor *hypervisor;
    const SetRecord *record;
    Control *control;
    GThread *thread;
    GMutex lock;
    GCond ended;
    gboolean over; /* guarded by the lock */
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

static void
abort_all(const CreateWatch *self)
{
    for (guint i = 0; i < self->record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(self->record->members, i);

        if (member->memory)
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
    self->record = record;
    self->control = control;
    g_mutex_init(&self->lock);
    g_cond_init(&self->ended);
    self->thread = g_thread_new("virtsnap-watch", watch, self);

    return self;
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
    g_free(self);
}
