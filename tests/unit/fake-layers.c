/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/fake-layers.h"

static GPtrArray *
fake_survey(Hypervisor *hypervisor, GError **error)
{
    FakeLayers *host = (FakeLayers *)hypervisor;

    host->n_surveys++;
    if (host->surveyed)
        host->surveyed(host, host->n_surveys);

    return g_ptr_array_ref(host->domains);
}

static gboolean
fake_block_job(Hypervisor *hypervisor, const char *uuid, const char *target, guint *type,
               guint64 *cur, guint64 *end, GError **error)
{
    *type = ((FakeLayers *)hypervisor)->job;

    return TRUE;
}

static const char *
fake_no_job(Hypervisor *hypervisor, const char *uuid)
{
    return NULL;
}

static gboolean
fake_sees(Hypervisor *hypervisor, const char *path, GError **error)
{
    return TRUE;
}

static gboolean
fake_reverts(Hypervisor *hypervisor)
{
    return ((FakeLayers *)hypervisor)->reverts;
}

static void
note_call(Hypervisor *hypervisor, const char *what, const char *uuid)
{
    g_string_append_printf(((FakeLayers *)hypervisor)->calls, "%s%c ", what,
                           uuid[strlen(uuid) - 1]);
}

static gboolean
fake_pause(Hypervisor *hypervisor, const char *uuid, gboolean pause, GError **error)
{
    note_call(hypervisor, pause ? "pause" : "resume", uuid);

    return TRUE;
}

static gboolean
fake_resume(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    return fake_pause(hypervisor, uuid, FALSE, error);
}

static gboolean
fake_take(Hypervisor *hypervisor, const char *uuid, const char *xml, gboolean disks_only,
          GError **error)
{
    note_call(hypervisor, "take", uuid);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "no snapshot is taken");

    return FALSE;
}

static gboolean
fake_await(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "the connection is lost");

    return FALSE;
}

static const HypervisorLayerOps fake_layers = {
    .pause = fake_pause,
    .take_snapshot = fake_take,
    .survey = fake_survey,
    .block_job = fake_block_job,
    .reverts_external = fake_reverts,
};
static const HypervisorSnapshotOps fake_snapshots = {
    .job = fake_no_job,
    .await = fake_await,
    .resume = fake_resume,
};
static const HypervisorOps fake_ops = {
    .name = "fake",
    .layers = &fake_layers,
    .snapshots = &fake_snapshots,
    .sees = fake_sees,
};

DomainSurvey *
layers_add_domain(FakeLayers *host, const char *name, char *disks)
{
    DomainSurvey *self = g_new0(DomainSurvey, 1);

    self->name = g_strdup(name);
    self->uuid = g_strdup_printf("00000000-0000-4000-8000-%012u", host->domains->len);
    self->xml = g_strdup_printf("<domain><name>%s</name><uuid>%s</uuid><devices>%s</devices>"
                                "</domain>",
                                name, self->uuid, disks);
    self->persistent = g_strdup(self->xml);
    self->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    g_ptr_array_add(host->domains, self);
    g_free(disks);

    return self;
}

char *
layers_disk(const FakeLayers *host, const char *format, const char *file)
{
    return g_strdup_printf(LAYERS_DISK, format, host->dir, file, "vda");
}

void
layers_add_snapshot(FakeLayers *host, DomainSurvey *domain, const char *name, const char *base,
                    const char *overlay)
{
    SnapshotRecord *record = g_new0(SnapshotRecord, 1);
    g_autofree char *was = layers_disk(host, "qcow2", base);

    record->name = g_strdup(name);
    record->xml = g_strdup_printf(
        "<domainsnapshot><name>%s</name><state>shutoff</state><creationTime>1</creationTime>"
        "<disks><disk name='vda' snapshot='external' type='file'><driver type='qcow2'/>"
        "<source file='%s/%s'/></disk></disks><domain type='kvm'><name>%s</name>"
        "<uuid>%s</uuid><devices>%s</devices></domain></domainsnapshot>",
        name, host->dir, overlay, domain->name, domain->uuid, was);
    g_ptr_array_add(domain->snapshots, record);
}

FakeLayers *
layers_new(ChainFixture *f)
{
    FakeLayers *host = g_new0(FakeLayers, 1);
    g_autofree char *state = g_strconcat(f->dir, "/state", NULL);

    g_setenv("VIRTSNAP_STATE_DIR", state, TRUE);
    g_setenv("VIRTSNAP_CONFIG_DIR", state, TRUE);
    host->parent.ops = &fake_ops;
    host->dir = f->dir;
    host->calls = g_string_new(NULL);
    host->domains = g_ptr_array_new_with_free_func((GDestroyNotify)domain_survey_free);
    chain_sh("rm -f base.img a.s1; qemu-img create -q -f qcow2 base.img 1M; "
             "qemu-img create -q -f qcow2 -b base.img -F qcow2 a.s1");
    layers_add_snapshot(host, layers_add_domain(host, "a", layers_disk(host, "qcow2", "a.s1")),
                        "s1", "base.img", "a.s1");

    return host;
}

void
layers_free(FakeLayers *host)
{
    g_ptr_array_unref(host->domains);
    g_string_free(host->calls, TRUE);
    g_free(host);
}

void
layers_assert_says(const GError *error, const char *const words[])
{
    g_assert_nonnull(error);
    for (gsize i = 0; words[i]; i++) {
        if (!strstr(error->message, words[i]))
            g_test_message("no '%s' in: %s", words[i], error->message);
        g_assert_nonnull(strstr(error->message, words[i]));
    }
}
