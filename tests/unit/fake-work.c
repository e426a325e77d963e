/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "tests/unit/fake-work.h"
#include "util/error.h"

static char *
describe_fake(const JobWork *work)
{
    return g_strdup("Nothing");
}

static gboolean
plan_fake(JobRun *run, GError **error)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    const JobPlanned planned = {
        .end = 1,
        .disks = nothing,
        .parts = nothing,
        .warnings = nothing,
    };

    return job_run_planned(run, &planned, error);
}

static gboolean
run_fake(JobWork *work, JobRun *run, GError **error)
{
    FakeWork *self = (FakeWork *)work;
    gboolean first = g_atomic_int_add(&self->runs, 1) == 0;

    if (self->fails)
        return FALSE;
    if (!first && self->taken) {
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS, self->taken);
        return FALSE;
    }
    if (self->plans && !plan_fake(run, error))
        return FALSE;
    while (first || !g_atomic_int_get(&self->may_end)) {
        if (!control_pass(job_run_control(run), 0, error)) {
            g_prefix_error(error, "%s", self->unfixed ? self->unfixed : "");
            return FALSE;
        }
        g_usleep(1000);
    }

    return TRUE;
}

static gboolean
has_left_fake(JobWork *work)
{
    return ((FakeWork *)work)->has_left;
}

static gboolean
discard_fake(JobWork *work, GError **error)
{
    FakeWork *self = (FakeWork *)work;

    self->discarded++;
    if (self->left)
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE, self->left);

    return !self->left;
}

static char *
finished_fake(JobWork *work)
{
    return g_strdup(((FakeWork *)work)->finished);
}

static void
free_fake(JobWork *work)
{
    gint *freed = ((FakeWork *)work)->freed;

    g_free(work);
    if (freed)
        g_atomic_int_inc(freed);
}

const JobWorkType fake_work_type = {
    .name = "fake",
    .title = "Fake",
    .cancelled = "It was cancelled",
    .interrupted = "It was interrupted",
    .killed = "It was cancelled, and nothing is left",
    .describe = describe_fake,
    .run = run_fake,
    .has_left = has_left_fake,
    .discard = discard_fake,
    .finished = finished_fake,
    .free = free_fake,
};

FakeWork *
fake_work_new(void)
{
    FakeWork *self = g_new0(FakeWork, 1);

    job_work_init(&self->parent, &fake_work_type);

    return self;
}
