/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <time.h>

#include "service/job-expiry.h"
#include "service/work.h"

typedef struct {
    Job *job; /* owned */
    guint64 stay;
    guint left;
    JobExpiryChecked checked;
    gpointer data;
} Expiry;

guint
job_expiry_left(gint64 since, guint64 stay)
{
    gint64 left = since + (gint64)stay - (gint64)time(NULL);

    return (guint)CLAMP(left, 0, (gint64)stay);
}

static void
check_expiry_in_thread(gpointer data)
{
    Expiry *self = data;
    g_autoptr(JobInfo) info = job_get_info(self->job);
    JobWork *work = info->work;
    gint64 changed = work->type->left_changed(work);

    self->left = changed > 0 ? job_expiry_left(changed, self->stay) : 0;
    if (self->left > 0 || !job_state_is_final(info->state) || !info->resumable)
        return;
    g_message("%s was not resumed in time: what it has copied is removed", info->name);
    job_request_state_change(self->job, JOB_REQUEST_KILL, 0);
}

static void
on_expiry_check_done(gpointer data)
{
    Expiry *self = data;

    self->checked(self->left, self->data);
    job_unref(self->job);
    g_free(self);
}

void
job_expiry_check(Job *job, const char *lane, guint64 stay, JobExpiryChecked checked,
                 gpointer data)
{
    Expiry *self = g_new0(Expiry, 1);

    *self = (Expiry){job_ref(job), stay, 0, checked, data};
    work_run(WORK_TARGET, lane, check_expiry_in_thread, on_expiry_check_done, self);
}
