/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/layer-ops.h"
#include "snapshot/commit-follow.h"
#include "snapshot/layer-merge.h"

/* A layer of a running domain is merged by a block job that does what a test says. */

#define RATE 4096

typedef struct FakeJob FakeJob;

/* What happens before the job is looked at for the @n-th time. */
typedef void (*Tick)(FakeJob *job, guint n);

struct FakeJob {
    Hypervisor parent;
    Control *control;
    Tick tick;
    CommitProgress now;
    gboolean adopt;     /* it runs already */
    gboolean lost;      /* the connection */
    gboolean no_speed;  /* it cannot be limited, */
    gboolean no_pivot;  /* nor pivoted, */
    gboolean no_abort;  /* nor ended */
    guint n;            /* how often it was looked at */
    gint64 ready_us;    /* since when it is ready */
    GString *calls;     /* what was done */
};

static FakeJob *
job_of(HypervisorCommit *commit)
{
    return (FakeJob *)commit;
}

static gboolean
note(FakeJob *job, const char *what, gboolean fails, GError **error)
{
    g_string_append_printf(job->calls, "%s ", what);
    if (!fails)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "no %s", what);

    return FALSE;
}

static HypervisorCommit *
fake_begin(Hypervisor *hypervisor, const char *uuid, const char *target, const char *base,
           const char *top, gboolean active, guint64 bandwidth, gboolean adopt, GError **error)
{
    FakeJob *job = (FakeJob *)hypervisor;

    g_string_append_printf(job->calls, "begin %" G_GUINT64_FORMAT " ", bandwidth);

    return (HypervisorCommit *)job;
}

static gboolean
fake_wait(HypervisorCommit *commit, gint64 us, CommitProgress *progress, GError **error)
{
    FakeJob *job = job_of(commit);

    job->tick(job, ++job->n);
    *progress = job->now;
    if (!job->lost)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "the connection is lost");

    return FALSE;
}

static gboolean
fake_speed(HypervisorCommit *commit, guint64 bandwidth, GError **error)
{
    g_autofree char *what = g_strdup_printf("speed %" G_GUINT64_FORMAT, bandwidth);

    return note(job_of(commit), what, job_of(commit)->no_speed, error);
}

static gboolean
fake_pivot(HypervisorCommit *commit, GError **error)
{
    g_assert_cmpint(job_of(commit)->now.state, ==, COMMIT_READY);

    return note(job_of(commit), "pivot", job_of(commit)->no_pivot, error);
}

static gboolean
fake_abort(HypervisorCommit *commit, GError **error)
{
    return note(job_of(commit), "abort", job_of(commit)->no_abort, error);
}

static void
fake_end(HypervisorCommit *commit)
{
    note(job_of(commit), "end", FALSE, NULL);
}

static const HypervisorLayerOps fake_layers = {
    .commit_begin = fake_begin,
    .commit_wait = fake_wait,
    .commit_set_speed = fake_speed,
    .commit_pivot = fake_pivot,
    .commit_abort = fake_abort,
    .commit_end = fake_end,
};
static const HypervisorOps fake_ops = {.name = "fake", .layers = &fake_layers};

/* The job has copied 0 of 400 bytes, the plan has 1000 for it, and 1 for what is done then. */
#define JOB(does)                                                                                  \
    {                                                                                              \
        .parent.ops = &fake_ops, .control = control_new(), .tick = does, .now.end = 400,           \
        .calls = g_string_new(NULL)                                                                \
    }

static void
job_clear(FakeJob *job)
{
    control_free(job->control);
    g_string_free(job->calls, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FakeJob, job_clear)

static gboolean
merge(FakeJob *job, GError **error)
{
    Layer base = {.path = (char *)"/base"};
    Layer top = {.path = (char *)"/top"};
    DomainSurvey domain = {.name = (char *)"a", .uuid = (char *)"u"};
    DeleteMember member = {.domain = &domain};
    DeleteDisk disk = {.target = (char *)"vda", .method = DELETE_ACTIVE, .base = &base,
                       .top = &top, .adopt = job->adopt, .bytes = 1000};
    CommitFollow follow = {.hypervisor = &job->parent, .control = job->control, .part = 2,
                           .bytes = disk.bytes};

    control_set_end(job->control, 1001);

    return layer_merge(&member, &disk, &follow, error);
}

static void
assert_merged(FakeJob *job, const char *calls)
{
    g_autoptr(GError) error = NULL;
    guint64 cur, end;

    g_assert_true(merge(job, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(job->calls->str, ==, calls);
    control_progress(job->control, &cur, &end);
    g_assert_cmpuint(cur, ==, 1000);
}

static void
assert_fails(FakeJob *job, VirtSnapError code, const char *says, const char *calls)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(merge(job, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, (int)code);
    if (!strstr(error->message, says))
        g_test_message("no '%s' in: %s", says, error->message);
    g_assert_nonnull(strstr(error->message, says));
    g_assert_cmpstr(job->calls->str, ==, calls);
}

/* --- its figures ------------------------------------------------------------------------- */

static void
assert_counted(FakeJob *job, guint64 bytes)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(guint64));

    g_assert_cmpuint(control_progress_parts(job->control, parts), ==, bytes);
    g_assert_cmpuint(parts->len, ==, bytes > 0 ? 3 : 0);
    if (parts->len > 0)
        g_assert_cmpuint(g_array_index(parts, guint64, 2), ==, bytes);
}

/* A guest that writes makes the end of the job grow, and all that is copied is not the end. */
static void
grow(FakeJob *job, guint n)
{
    static const struct {
        CommitProgress now;
        guint64 before; /* counted, by the figures of the looks before */
    } table[] = {
        {{COMMIT_RUNNING, 0, 400}, 0},     {{COMMIT_RUNNING, 100, 400}, 0},
        {{COMMIT_RUNNING, 100, 800}, 250}, {{COMMIT_RUNNING, 600, 800}, 250},
        {{COMMIT_RUNNING, 800, 800}, 750}, {{COMMIT_RUNNING, 800, 900}, 1000},
        {{COMMIT_READY, 900, 900}, 1000},
    };

    g_assert_cmpuint(n, <=, G_N_ELEMENTS(table));
    assert_counted(job, table[n - 1].before);
    job->now = table[n - 1].now;
}

static void
test_figures(void)
{
    g_auto(FakeJob) job = JOB(grow);

    assert_merged(&job, "begin 0 pivot end ");
    g_assert_cmpuint(job.n, ==, 7);
}

/* A layer in the middle of a chain has nothing to be pivoted. */
static void
complete(FakeJob *job, guint n)
{
    job->now.state = n < 3 ? COMMIT_RUNNING : COMMIT_COMPLETED;
}

static void
test_completed(void)
{
    g_auto(FakeJob) job = JOB(complete);

    assert_merged(&job, "begin 0 end ");
}

/* --- what is asked of it -------------------------------------------------------------------- */

/* It is suspended, given another limit, goes on, and is given one more. */
static void
suspend_and_go_on(FakeJob *job, guint n)
{
    if (n == 2)
        control_suspend(job->control, TRUE);
    else if (n == 4)
        control_set_bandwidth(job->control, 2 * RATE);
    else if (n == 6)
        control_suspend(job->control, FALSE);
    else if (n == 8)
        control_set_bandwidth(job->control, 0);
    else if (n == 10)
        job->now.state = COMMIT_READY;
}

static void
test_suspended(void)
{
    g_auto(FakeJob) job = JOB(suspend_and_go_on);

    control_set_bandwidth(job.control, RATE);
    assert_merged(&job, "begin 4096 speed 1 speed 8192 speed 0 pivot end ");
}

/* One that was begun by somebody else has a speed that nobody knows. */
static void
test_adopted(void)
{
    g_auto(FakeJob) job = JOB(suspend_and_go_on);

    job.adopt = TRUE;
    assert_merged(&job, "begin 0 speed 0 speed 1 speed 8192 speed 0 pivot end ");
}

/* It becomes ready while it is suspended, and goes on when it has been looked at for a second. */
static void
ready_in_suspense(FakeJob *job, guint n)
{
    if (n == 1)
        control_suspend(job->control, TRUE);
    if (n < 3)
        return;
    if (n == 3)
        job->ready_us = g_get_monotonic_time();
    job->now.state = COMMIT_READY;
    if (g_get_monotonic_time() < job->ready_us + G_USEC_PER_SEC ||
        strstr(job->calls->str, "resume"))
        return;
    note(job, "resume", FALSE, NULL);
    control_suspend(job->control, FALSE);
}

/* A domain does not leave its layer while the job is suspended, and libvirt, which has no more
 * events then, is not asked without a pause. */
static void
test_ready_suspended(void)
{
    g_auto(FakeJob) job = JOB(ready_in_suspense);
    gint64 looks;

    assert_merged(&job, "begin 0 speed 1 resume speed 0 pivot end ");
    looks = (g_get_monotonic_time() - job.ready_us) / (G_USEC_PER_SEC / 5);
    g_assert_cmpint(job.n, <=, 3 + looks + 2);
}

static void
cancel(FakeJob *job, guint n)
{
    if (n == 2)
        control_cancel(job->control);
}

static void
cancel_suspended(FakeJob *job, guint n)
{
    if (n == 1)
        control_suspend(job->control, TRUE);
    job->now.state = n >= 2 ? COMMIT_READY : COMMIT_RUNNING;
    if (n == 3)
        control_cancel(job->control);
}

static void
interrupt(FakeJob *job, guint n)
{
    if (n == 2)
        control_interrupt(job->control);
}

static void
test_cancelled(void)
{
    g_auto(FakeJob) running = JOB(cancel);
    g_auto(FakeJob) ready = JOB(cancel_suspended);
    g_auto(FakeJob) interrupted = JOB(interrupt);
    g_auto(FakeJob) stubborn = JOB(cancel);

    assert_fails(&running, VIRT_SNAP_ERROR_CANCELLED, "cancelled", "begin 0 abort end ");
    assert_fails(&ready, VIRT_SNAP_ERROR_CANCELLED, "cancelled", "begin 0 speed 1 abort end ");
    assert_fails(&interrupted, VIRT_SNAP_ERROR_INTERRUPTED, "interrupted", "begin 0 abort end ");
    stubborn.no_abort = TRUE;
    assert_fails(&stubborn, VIRT_SNAP_ERROR_FAILED, "no abort", "begin 0 abort end ");
}

/* --- what becomes of it ------------------------------------------------------------------- */

static void
end_fails(FakeJob *job, guint n)
{
    job->now.state = n < 2 ? COMMIT_RUNNING : COMMIT_FAILED;
}

static void
end_cancelled(FakeJob *job, guint n)
{
    job->now.state = n < 2 ? COMMIT_RUNNING : COMMIT_CANCELLED;
}

static void
end_gone(FakeJob *job, guint n)
{
    job->now.state = n < 2 ? COMMIT_RUNNING : COMMIT_GONE;
}

static void
lose(FakeJob *job, guint n)
{
    job->lost = n == 2;
}

static void
end_ready(FakeJob *job, guint n)
{
    job->now.state = COMMIT_READY;
}

/* All that was copied may have been copied, but none of these was ready. */
static void
test_ended(void)
{
    static const struct {
        Tick tick;
        const char *says;
    } table[] = {
        {end_fails, "'/top' into '/base' failed"},
        {end_cancelled, "ended by another program"},
        {end_gone, "ended by another program"},
        {lose, "the connection is lost"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_auto(FakeJob) job = JOB(table[i].tick);

        g_test_message("row %zu", i);
        job.now.cur = job.now.end;
        assert_fails(&job, VIRT_SNAP_ERROR_FAILED, table[i].says, "begin 0 end ");
    }
}

/* What has ended just when it was to be suspended was merged all the same. */
static void
complete_as_suspended(FakeJob *job, guint n)
{
    if (n == 2)
        control_suspend(job->control, TRUE);
    job->now.state = n > 2 ? COMMIT_COMPLETED : COMMIT_RUNNING;
}

static void
test_ended_as_suspended(void)
{
    g_auto(FakeJob) job = JOB(complete_as_suspended);

    job.no_speed = TRUE;
    assert_merged(&job, "begin 0 speed 1 end ");
}

/* Nobody asked for its end: it goes on, and the next removal adopts it. */
static void
test_left_running(void)
{
    g_auto(FakeJob) fast = JOB(suspend_and_go_on);
    g_auto(FakeJob) stays = JOB(end_ready);

    fast.no_speed = TRUE;
    assert_fails(&fast, VIRT_SNAP_ERROR_FAILED, "no speed", "begin 0 speed 1 end ");
    stays.no_pivot = TRUE;
    assert_fails(&stays, VIRT_SNAP_ERROR_FAILED, "no pivot", "begin 0 pivot end ");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/commit-follow/figures", test_figures);
    g_test_add_func("/commit-follow/completed", test_completed);
    g_test_add_func("/commit-follow/suspended", test_suspended);
    g_test_add_func("/commit-follow/adopted", test_adopted);
    g_test_add_func("/commit-follow/ready-suspended", test_ready_suspended);
    g_test_add_func("/commit-follow/cancelled", test_cancelled);
    g_test_add_func("/commit-follow/ended", test_ended);
    g_test_add_func("/commit-follow/ended-as-suspended", test_ended_as_suspended);
    g_test_add_func("/commit-follow/left-running", test_left_running);

    return g_test_run();
}
