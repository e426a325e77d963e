/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "drivers/register.h"
#include "job/job.h"
#include "snapshot/delete-run.h"
#include "tests/unit/fake-layers.h"
#include "tests/unit/harness.h"

/* What a removal tells of its disks: that of the domain "a" is merged by a block job, that of "b"
 * cannot be, and that of "c" is not come to. */

struct HypervisorCommit {
    DomainSurvey *domain;
};

typedef struct {
    JobWork parent;
    FakeLayers *host;
    gboolean kill; /* the job is killed when it has come to "b" */
    Job *job;
    GString *told;
    int over; /* atomic: that the job has ended was told, and all else before */
} Removal;

/* The present one. */
static Removal *removal;

/* --- block jobs ------------------------------------------------------------------------ */

static HypervisorCommit *
begin_commit(Hypervisor *hypervisor, const char *uuid, const char *target, const char *base,
             const char *top, gboolean active, guint64 bandwidth, gboolean adopt, GError **error)
{
    HypervisorCommit *self = g_new0(HypervisorCommit, 1);

    self->domain = (DomainSurvey *)domain_survey_find_uuid(removal->host->domains, uuid);

    return self;
}

static gboolean
wait_commit(HypervisorCommit *self, gint64 us, CommitProgress *progress, GError **error)
{
    gboolean fails = g_str_equal(self->domain->name, "b");

    *progress = (CommitProgress){fails ? COMMIT_FAILED : COMMIT_READY, 1, 1};
    if (!fails || !removal->kill)
        return TRUE;
    progress->state = COMMIT_RUNNING;
    job_request_state_change(removal->job, JOB_REQUEST_KILL, 0);

    return TRUE;
}

/* The domain writes to the lower layer from now on. */
static gboolean
pivot_commit(HypervisorCommit *self, GError **error)
{
    GString *xml = g_string_new(self->domain->xml);

    g_string_replace(xml, "a.s1", "base.img", 0);
    g_free(self->domain->xml);
    self->domain->xml = g_string_free(xml, FALSE);

    return TRUE;
}

static gboolean
abort_commit(HypervisorCommit *self, GError **error)
{
    return TRUE;
}

static void
end_commit(HypervisorCommit *self)
{
    g_free(self);
}

static gboolean
redefine(Hypervisor *hypervisor, const char *xml, GError **error)
{
    return TRUE;
}

static gboolean
delete_snapshot(Hypervisor *hypervisor, const char *uuid, const char *name, gboolean metadata,
                GError **error)
{
    return TRUE;
}

static HypervisorLayerOps layer_ops;
static HypervisorOps ops;

static void
give_block_jobs(FakeLayers *host)
{
    layer_ops = *host->parent.ops->layers;
    layer_ops.commit_begin = begin_commit;
    layer_ops.commit_wait = wait_commit;
    layer_ops.commit_pivot = pivot_commit;
    layer_ops.commit_abort = abort_commit;
    layer_ops.commit_end = end_commit;
    layer_ops.redefine = redefine;
    layer_ops.delete_snapshot = delete_snapshot;
    ops = *host->parent.ops;
    ops.layers = &layer_ops;
    host->parent.ops = &ops;
}

/* --- the job ------------------------------------------------------------------------------ */

static char *
describe_removal(const JobWork *work)
{
    return g_strdup("Removal");
}

static gboolean
has_left_removal(JobWork *work)
{
    return FALSE;
}

static gboolean
discard_removal(JobWork *work, GError **error)
{
    return TRUE;
}

static gboolean
announce_removal(const DeletePlan *plan, JobRun *run, GError **error)
{
    g_autoptr(GPtrArray) disks = job_disks_new();
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    const JobPlanned planned = {
        .end = plan->bytes + 1, .disks = disks, .parts = parts, .warnings = nothing};

    for (guint i = 0; i < plan->members->len; i++) {
        const DeleteMember *member = g_ptr_array_index(plan->members, i);
        JobDisk *disk = job_disk_new(member->domain->name, "vda", "");

        disk->figures.end = 10;
        g_ptr_array_add(disks, disk);
        g_ptr_array_add(parts, g_array_new(FALSE, FALSE, sizeof(guint)));
    }

    return job_run_planned(run, &planned, error);
}

static gboolean
run_removal(JobWork *work, JobRun *run, GError **error)
{
    Removal *self = (Removal *)work;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    const DeleteSubject subject = {.collection = "c", .snapshot = "s1", .names = names};
    g_autoptr(DeletePlan) plan = NULL;

    for (guint i = 0; i < self->host->domains->len; i++)
        g_ptr_array_add(names,
                        ((DomainSurvey *)g_ptr_array_index(self->host->domains, i))->name);
    plan = delete_plan_make(&self->host->parent, &subject, error);

    return plan && announce_removal(plan, run, error) &&
           delete_run(&self->host->parent, plan, job_run_control(run), run, warnings, error);
}

static void
free_removal(JobWork *work)
{
    layers_free(((Removal *)work)->host);
    g_string_free(((Removal *)work)->told, TRUE);
    g_free(work);
}

static const JobWorkType removal_type = {
    .name = "removal",
    .title = "Removal",
    .cancelled = "It was cancelled",
    .interrupted = "It was interrupted",
    .describe = describe_removal,
    .run = run_removal,
    .has_left = has_left_removal,
    .discard = discard_removal,
    .free = free_removal,
};

static void
add_member(FakeLayers *host, const char *name)
{
    g_autofree char *script =
        g_strdup_printf("qemu-img create -q -f qcow2 %s.img 1M; "
                        "qemu-img create -q -f qcow2 -b %s.img -F qcow2 %s.s1",
                        name, name, name);
    g_autofree char *base = g_strconcat(name, ".img", NULL);
    g_autofree char *overlay = g_strconcat(name, ".s1", NULL);

    chain_sh(script);
    layers_add_snapshot(host, layers_add_domain(host, name, layers_disk(host, "qcow2", overlay)),
                        "s1", base, overlay);
}

static Removal *
removal_new(ChainFixture *f)
{
    Removal *self = g_new0(Removal, 1);

    job_work_init(&self->parent, &removal_type);
    self->host = layers_new(f);
    self->told = g_string_new(NULL);
    add_member(self->host, "b");
    add_member(self->host, "c");
    give_block_jobs(self->host);
    for (guint i = 0; i < self->host->domains->len; i++)
        ((DomainSurvey *)g_ptr_array_index(self->host->domains, i))->active = TRUE;

    return removal = self;
}

/* --- what is told --------------------------------------------------------------------------- */

static void
note_disk(Job *job, const JobChange *change, gpointer data)
{
    Removal *self = data;

    if (change->kind == JOB_CHANGE_DISK)
        g_string_append_printf(self->told, " %s=%d", change->domain, (int)change->status);
    else if (job_state_is_final(change->state))
        g_atomic_int_set(&self->over, 1);
}

static void
check_told(Removal *self, JobState state, const char *told)
{
    g_autoptr(Job) job = job_new("me", &self->parent);
    g_autoptr(JobInfo) info = NULL;
    const JobDisk *disk;

    self->job = job;
    job_set_notify(job, note_disk, self);
    g_assert_true(job_start(job, NULL));
    while (!g_atomic_int_get(&self->over))
        g_usleep(1000);
    job_set_notify(job, NULL, NULL);
    info = job_get_info(job);
    g_test_message("%s", info->error);
    g_assert_cmpint(info->state, ==, state);
    g_assert_cmpstr(self->told->str, ==, told);
    disk = g_ptr_array_index(info->disks, 0);
    g_assert_cmpuint(disk->figures.cur, ==, disk->figures.end);
    disk = g_ptr_array_index(info->disks, 1);
    g_assert_cmpuint(disk->figures.cur, <, disk->figures.end);
}

static void
test_fails(ChainFixture *f, gconstpointer data)
{
    Removal *self = removal_new(f);

    check_told(self, JOB_STATE_EXCEPTION, " a=3 a=0 b=1 c=2");
    job_work_unref(&self->parent);
}

static void
test_killed(ChainFixture *f, gconstpointer data)
{
    Removal *self = removal_new(f);

    self->kill = TRUE;
    check_told(self, JOB_STATE_KILLED, " a=3 a=0 b=2 c=2");
    job_work_unref(&self->parent);
}

static const ChainTest tests[] = {{"fails", test_fails}, {"killed", test_killed}};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    register_drivers();
    chain_run_tests("/delete-run", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
