/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "export/live.h"
#include "hypervisor/backup-ops.h"
#include "hypervisor/hypervisor.h"
#include "tests/unit/harness.h"

/* A live export that ends while libvirt does not answer. */

#define MEMBERS 8
/* That only a hang reaches. */
#define LIMIT_US (60 * G_USEC_PER_SEC)

/* The backups that are being ended. */
static struct {
    char *directory;
    GMutex lock;
    GCond changed;
    guint n;
} ending;

static GPtrArray *
clean_up(Hypervisor *hypervisor, const char *scratch)
{
    return g_ptr_array_new_with_free_func(g_free);
}

static HypervisorBackup *
prepare(Hypervisor *hypervisor, const HypervisorBackupRequest *request, GError **error)
{
    HypervisorBackup *self = g_new0(HypervisorBackup, 1);

    self->scratch = ending.directory;

    return self;
}

/* None comes back before all have come. */
static gboolean
end(HypervisorBackup *self, GError **error)
{
    gint64 until = g_get_monotonic_time() + LIMIT_US;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&ending.lock);

    ending.n++;
    g_cond_broadcast(&ending.changed);
    while (ending.n < MEMBERS && g_cond_wait_until(&ending.changed, &ending.lock, until))
        continue;
    g_assert_cmpuint(ending.n, ==, MEMBERS);
    g_free(self);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "the connection is lost");

    return FALSE;
}

static const HypervisorBackupOps backups = {.clean_up = clean_up, .prepare = prepare, .end = end};
static const HypervisorOps ops = {.name = "fake", .backups = &backups};

static Plan *
live_plan(void)
{
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();
    Plan *plan = plan_new("c", "s", settings, g_new0(HostInfo, 1));

    for (guint i = 0; i < MEMBERS; i++) {
        g_autofree char *name = g_strdup_printf("d%u", i);
        PlanDomain *domain = plan_domain_new(plan, name, name);
        PlanLayer *layer = g_new0(PlanLayer, 1);

        plan_snapshot_new(domain, NULL);
        layer->domain = domain;
        layer->target = g_strdup("vda");
        g_ptr_array_add(plan->layers, layer);
    }

    return plan;
}

/* Each takes a while that libvirtd is waited for: all together no longer than one. */
static void
test_side_by_side(void)
{
    g_autoptr(Scratch) directory = scratch_new();
    Hypervisor hypervisor = {.ops = &ops};
    g_autoptr(Control) control = control_new();
    g_autoptr(Plan) plan = live_plan();
    g_autoptr(GError) error = NULL;
    LiveExport *live;
    g_autoptr(GError) why = NULL;

    ending.directory = directory;
    live = live_export_new(&hypervisor, plan, control, &error);
    g_assert_no_error(error);
    why = live_export_abandon(live, g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "it"));
    for (guint i = 0; i < MEMBERS; i++) {
        g_autofree char *way = g_strdup_printf("virsh domjobabort d%u.", i);

        g_assert_nonnull(strstr(why->message, way));
    }
    live_export_free(live);
    g_assert_cmpuint(ending.n, ==, MEMBERS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live-end/side-by-side", test_side_by_side);

    return g_test_run();
}
