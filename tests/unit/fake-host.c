/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "hypervisor/layer-ops.h"
#include "tests/unit/fake-host.h"

char *
fake_uuid(guint i)
{
    return g_strdup_printf("00000000-0000-4000-8000-%012u", i);
}

FakeDomain *
fake_find(Hypervisor *hypervisor, const char *uuid)
{
    FakeHost *host = (FakeHost *)hypervisor;

    for (guint i = 0; i < host->n; i++) {
        g_autofree char *own = fake_uuid(i);

        if (g_str_equal(own, uuid))
            return &host->domains[i];
    }
    g_assert_not_reached();
}

void
fake_note(Hypervisor *hypervisor, const char *what, const char *uuid)
{
    FakeHost *host = (FakeHost *)hypervisor;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&host->lock);

    if (host->calls)
        g_string_append_printf(host->calls, "%s%c ", what, uuid[strlen(uuid) - 1]);
}

gboolean
fake_is_there(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    const FakeDomain *domain = fake_find(hypervisor, uuid);

    if (domain->leaves == 0 || domain->looks < domain->leaves)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND, "There is no domain '%s'",
                domain->name);

    return FALSE;
}

static const char *
fake_job(Hypervisor *hypervisor, const char *uuid)
{
    return fake_find(hypervisor, uuid)->job;
}

static HostInfo *
fake_info(Hypervisor *hypervisor, GError **error)
{
    HostInfo *info = g_new0(HostInfo, 1);

    info->uri = g_strdup("test:///default");

    return info;
}

static gboolean
fake_is_alive(Hypervisor *hypervisor)
{
    return !((FakeHost *)hypervisor)->lost;
}

static gboolean
fake_exclusive(Hypervisor *hypervisor)
{
    return ((FakeHost *)hypervisor)->exclusive;
}

static gboolean
fake_state(Hypervisor *hypervisor, const char *uuid, DomainState *state, GError **error)
{
    FakeDomain *domain = fake_find(hypervisor, uuid);

    if (!fake_is_alive(hypervisor)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "the connection is lost");
        return FALSE;
    }
    if (!fake_is_there(hypervisor, uuid, error))
        return FALSE;
    domain->looks++;
    *state = domain->state;
    if (domain->changes)
        domain->state = domain->then;
    domain->changes = FALSE;

    return TRUE;
}

static gboolean
fake_has_agent(Hypervisor *hypervisor, const char *uuid)
{
    return !fake_find(hypervisor, uuid)->no_agent;
}

static gboolean
fake_freeze(Hypervisor *hypervisor, const char *uuid, guint timeout, FreezeResult *result,
            GError **error)
{
    FakeDomain *domain = fake_find(hypervisor, uuid);

    *result = (FreezeResult){.reason = domain->refuses, .may_be_frozen = domain->follows};
    if (domain->hangs_s)
        g_usleep(domain->hangs_s * G_USEC_PER_SEC);
    domain->frozen = domain->refuses ? domain->follows || domain->loses : !domain->nothing;
    if (domain->loses)
        ((FakeHost *)hypervisor)->lost = TRUE;
    result->filesystems = domain->refuses || domain->nothing ? 0 : 2;
    if (!domain->refuses)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "%s does not freeze",
                domain->name);

    return FALSE;
}

static gboolean
fake_thaw(Hypervisor *hypervisor, const char *uuid, guint timeout, guint *thawed, GError **error)
{
    FakeDomain *domain = fake_find(hypervisor, uuid);

    domain->thaws++;
    if (!fake_is_there(hypervisor, uuid, error)) {
        domain->frozen = FALSE;
        return FALSE;
    }
    if (domain->bad_thaws) {
        domain->bad_thaws--;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "%s does not thaw",
                    domain->name);
        return FALSE;
    }
    *thawed = domain->frozen && !domain->thaws_early ? 2 : 0;
    domain->frozen = FALSE;

    return TRUE;
}

static gboolean
fake_suspend(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    FakeDomain *domain = fake_find(hypervisor, uuid);

    domain->paused = !domain->no_pause || domain->loses;
    if (domain->paused)
        domain->state = DOMAIN_STATE_PAUSED;
    if (domain->loses)
        ((FakeHost *)hypervisor)->lost = TRUE;
    fake_note(hypervisor, "pause", uuid);
    if (!domain->no_pause)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "%s is not paused", domain->name);

    return FALSE;
}

static gboolean
fake_resume(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    FakeDomain *domain = fake_find(hypervisor, uuid);

    if (domain->no_resume) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "%s is not resumed",
                    domain->name);
        return FALSE;
    }
    domain->paused = FALSE;
    if (!fake_is_there(hypervisor, uuid, error))
        return FALSE;
    fake_note(hypervisor, "resume", uuid);
    domain->resumes++;
    domain->state = DOMAIN_STATE_RUNNING;

    return TRUE;
}

static void
fail_create(const char *why, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "%s", why);
}

/* Until that is ended. */
static void
save_memory(FakeHost *host, FakeDomain *domain)
{
    g_atomic_int_inc(&host->saving);
    while (!g_atomic_int_get(&domain->aborts))
        g_usleep(1000);
    g_assert_cmpint(unlink(domain->memory), ==, 0);
    g_atomic_int_inc(&host->aborted);
}

static char *
fake_create(Hypervisor *hypervisor, const char *uuid, const char *xml, gboolean disks_only,
            GError **error)
{
    FakeHost *host = (FakeHost *)hypervisor;
    FakeDomain *domain = fake_find(hypervisor, uuid);

    if (domain->waits) {
        while (!g_atomic_int_get(&host->aborted))
            g_usleep(1000);
        fail_create("the domain is busy", error);
        return NULL;
    }
    g_assert_true(g_file_set_contents(domain->memory, "", 0, NULL));
    if (!domain->saves)
        return g_strdup(xml);
    save_memory(host, domain);
    fail_create("the job was aborted", error);

    return NULL;
}

static void
fake_abort(Hypervisor *hypervisor, const char *uuid)
{
    g_atomic_int_inc(&fake_find(hypervisor, uuid)->aborts);
}

static gboolean
fake_await(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    return TRUE;
}

static char *
fake_describe(Hypervisor *hypervisor, const char *uuid, const char *name, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND, "there is no snapshot %s", name);

    return NULL;
}

static const HypervisorSnapshotOps fake_snapshots = {
    .create = fake_create,
    .abort = fake_abort,
    .await = fake_await,
    .describe = fake_describe,
    .is_exclusive = fake_exclusive,
    .state = fake_state,
    .job = fake_job,
    .has_agent = fake_has_agent,
    .freeze = fake_freeze,
    .thaw = fake_thaw,
    .suspend = fake_suspend,
    .resume = fake_resume,
};

static GPtrArray *
fake_survey(Hypervisor *hypervisor, GError **error)
{
    return g_ptr_array_new();
}

static const HypervisorLayerOps fake_layers = {.survey = fake_survey};

const HypervisorOps fake_ops = {
    .layers = &fake_layers,
    .name = "fake",
    .snapshots = &fake_snapshots,
    .host_info = fake_info,
    .is_alive = fake_is_alive,
};
