/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "service/job-queue.h"

typedef struct {
    guint64 device;
    JobQueueStart start;
    gpointer data;
    gboolean running;
} Entry;

struct JobQueue {
    guint jobs;
    guint per_device;
    guint waiting;
    GQueue entries; /* Entry, in the order in which they were added */
};

JobQueue *
job_queue_new(guint jobs, guint per_device, guint waiting)
{
    JobQueue *self = g_new0(JobQueue, 1);

    self->jobs = jobs;
    self->per_device = per_device;
    self->waiting = waiting;
    g_queue_init(&self->entries);

    return self;
}

void
job_queue_free(JobQueue *self)
{
    if (!self)
        return;
    g_queue_clear_full(&self->entries, g_free);
    g_free(self);
}

guint
job_queue_length(const JobQueue *self)
{
    return self->entries.length;
}

static guint
count_running_jobs(const JobQueue *self)
{
    guint n = 0;

    for (GList *link = self->entries.head; link; link = link->next)
        n += ((Entry *)link->data)->running;

    return n;
}

static guint
count_on_device(const JobQueue *self, guint64 device)
{
    guint n = 0;

    for (GList *link = self->entries.head; link; link = link->next) {
        const Entry *entry = link->data;

        n += entry->running && entry->device == device;
    }

    return n;
}

static Entry *
find_next_to_start(JobQueue *self)
{
    if (count_running_jobs(self) >= self->jobs)
        return NULL;
    for (GList *link = self->entries.head; link; link = link->next) {
        Entry *entry = link->data;

        if (!entry->running && count_on_device(self, entry->device) < self->per_device)
            return entry;
    }

    return NULL;
}

static void
dispatch_jobs(JobQueue *self)
{
    Entry *entry;

    while ((entry = find_next_to_start(self))) {
        entry->running = TRUE;
        entry->start(entry->data);
    }
}

gboolean
job_queue_add(JobQueue *self, guint64 device, JobQueueStart start, gpointer data, GError **error)
{
    Entry *entry;

    if (self->entries.length - count_running_jobs(self) >= self->waiting) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("%u jobs wait already; try again when some have ended"), self->waiting);
        return FALSE;
    }
    entry = g_new0(Entry, 1);
    *entry = (Entry){device, start, data, FALSE};
    g_queue_push_tail(&self->entries, entry);
    dispatch_jobs(self);

    return TRUE;
}

void
job_queue_remove(JobQueue *self, gpointer data)
{
    for (GList *link = self->entries.head; link; link = link->next) {
        Entry *entry = link->data;

        if (entry->data != data)
            continue;
        g_queue_delete_link(&self->entries, link);
        g_free(entry);
        break;
    }
    dispatch_jobs(self);
}
