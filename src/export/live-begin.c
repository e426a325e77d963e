/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "export/live-private.h"
#include "export/plan-tpm.h"
#include "hypervisor/host-security.h"
#include "snapshot/moment.h"
#include "util/strings.h"

/* The moment of a live export: backups begin while all members are held still. */

static gboolean
is_same_live_disk(const DiskDef *a, const DiskDef *b)
{
    return g_str_equal(a->target, b->target) && g_str_equal(a->device, b->device) &&
           a->location == b->location && a->read_only == b->read_only &&
           g_strcmp0(a->storage->label, b->storage->label) == 0 &&
           g_strcmp0(a->storage->index, b->storage->index) == 0 &&
           g_strcmp0(a->storage->format, b->storage->format) == 0;
}

static gboolean
has_same_disks(const SnapshotDef *planned, const SnapshotDef *found)
{
    if (planned->disks->len != found->disks->len)
        return FALSE;
    for (guint i = 0; i < planned->disks->len; i++) {
        if (!is_same_live_disk(g_ptr_array_index(planned->disks, i),
                               g_ptr_array_index(found->disks, i)))
            return FALSE;
    }

    return TRUE;
}

/* A bitmap lies in an image file and does not describe another file. */
static gboolean
has_same_file(const PlanLayer *layer)
{
    const Layer *image = layer->source;
    struct stat st;

    return image->block || (stat(image->path, &st) == 0 && st.st_dev == image->device &&
                            st.st_ino == image->inode);
}

static gboolean
has_same_files(const Plan *plan, const PlanDomain *domain)
{
    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        if (layer->domain == domain && (layer->since || plan->point) && !has_same_file(layer))
            return FALSE;
    }

    return TRUE;
}

static gboolean
has_same_state(const PlanDomain *domain, const DomainRecord *record)
{
    return record->active == domain->active && record->saved == domain->saved;
}

/* Takes the definition that the domain has at the moment, which may be another one than it was
 * planned with. */
static gboolean
look_at(Hypervisor *hypervisor, LiveMember *member, const Plan *plan, GError **error)
{
    const PlanSnapshot *planned = live_member_present(member);
    g_autoptr(DomainRecord) record =
        hypervisor->ops->present(hypervisor, member->domain->name, plan->snapshot,
                                 plan->settings->security_info, error);
    const SnapshotRecord *one = record ? g_ptr_array_index(record->snapshots, 0) : NULL;
    g_autoptr(SnapshotDef) def =
        one ? snapshot_def_parse(one->xml, member->domain->name, error) : NULL;

    if (!def)
        return FALSE;
    if (record->volumes)
        snapshot_def_find_volumes(def, record->volumes);
    if (has_same_state(member->domain, record) && has_same_disks(planned->def, def) &&
        has_same_files(plan, member->domain)) {
        member->xml = g_steal_pointer(&def->domain_xml);
        member->time = def->creation_time;
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                has_same_state(member->domain, record)
                    ? _("The disks of the domain '%s' were changed while its export began; export "
                        "again")
                    : _("The domain '%s' was started, shut off or saved while its export began; "
                        "export again"),
                member->domain->name);

    return FALSE;
}

static gboolean
begin_backup(const LiveExport *self, LiveMember *member, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&member->lock);
    g_autoptr(GError) why = NULL;

    if (!live_export_check_held(self, member, error))
        return FALSE;
    if (!member->backup || self->hypervisor->ops->backups->begin(member->backup, &why))
        return TRUE;
    host_explain_denied(self->hypervisor, member->backup->scratch, why);
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* Begins the backup of one member. It is called in a thread of its own while all members are
 * held still. */
static gboolean
hold_member(Hypervisor *hypervisor, MomentMember *held, gpointer data, GError **error)
{
    LiveMember *member = held->data;
    const LiveExport *self = data;

    if (!begin_backup(self, member, error) || !plan_tpm_hold(self->plan, member->domain, error))
        return FALSE;

    return look_at(hypervisor, member, self->plan, error);
}

static PlanFile *
find_file(const Plan *plan, const PlanDomain *domain, const char *name)
{
    g_autofree char *path = g_build_filename(domain->directory, name, NULL);

    for (guint i = 0; i < plan->files->len; i++) {
        PlanFile *file = g_ptr_array_index(plan->files, i);

        if (g_str_equal(file->path, path))
            return file;
    }

    return NULL;
}

/* Takes over the definition of the moment. The weight of the member in the progress stays as it
 * was planned. */
static void
take_definition(const Plan *plan, LiveMember *member)
{
    PlanFile *file = find_file(plan, member->domain, "domain.xml");

    g_free(file->content);
    file->content = g_steal_pointer(&member->xml);
}

/* Takes over what the moment came to for one member: its consistency and the reasons. */
static void
take_member(LiveExport *self, const MomentMember *held)
{
    LiveMember *member = held->data;
    PlanSnapshot *present = live_member_present(member);

    take_definition(self->plan, member);
    present->def->creation_time = member->time;
    /* It was not held still: the plan says what its disks are, and why. */
    if (member->domain->saved)
        return;
    present->consistency = consistency_name(held->reached);
    present->reason = consistency_reason_name(held->reason);
    if (held->reached != held->asked)
        live_export_warn(
            self, g_strdup_printf(_("Domain '%s': its disks are of one moment, but as if the "
                                    "power had failed (%s): the guest was not made ready for it "
                                    "(%s)"),
                                  member->domain->name, present->consistency,
                                  present->reason ? present->reason : "?"));
}

/* The run in which its disks were followed so far is the one of the moment. It is the same then if
 * it is the same afterwards, when nobody is held still. */
static gboolean
check_runs(const LiveExport *self, GError **error)
{
    for (guint i = 0; i < self->plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(self->plan->domains, i);
        g_autofree char *now =
            domain->run
                ? self->hypervisor->ops->backups->find_run(self->hypervisor, domain->uuid)
                : NULL;

        if (g_strcmp0(now, domain->run) == 0)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' was started, shut off or saved while its export began; "
                      "export again"),
                    domain->name);
        return FALSE;
    }

    return TRUE;
}

/* Only the hypervisor knows when it made the checkpoints. Without that, the next export compares
 * the disks. */
static void
find_point_times(const LiveExport *self)
{
    const PlanPoint *point = self->plan->point;

    for (guint i = 0; point && i < self->members->len; i++) {
        const LiveMember *member = g_ptr_array_index(self->members, i);
        g_autoptr(HypervisorCheckpoint) made =
            member->tracked->len > 0
                ? self->hypervisor->ops->backups->find_checkpoint(
                      self->hypervisor, member->domain->name, point->checkpoint, NULL)
                : NULL;

        if (made && g_strcmp0(made->id, point->id) == 0)
            member->domain->point_time = made->creation_time;
    }
}

/* A guest may still be frozen or paused, whether the moment was had or not. */
static void
note_left(LiveExport *self, const Moment *moment)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    strings_append(self->left, moment->warnings);
}

gboolean
live_export_begin(LiveExport *self, GError **error)
{
    gboolean freeze = self->plan->settings->live == VIRT_SNAP_LIVE_APPLICATION_CONSISTENT;
    const MomentOptions options = {
        .level = freeze ? MOMENT_FREEZE : MOMENT_PAUSE,
        .best_effort = TRUE,
    };
    g_autoptr(Moment) moment = moment_new();
    gboolean held;

    for (guint i = 0; i < self->members->len; i++) {
        LiveMember *member = g_ptr_array_index(self->members, i);

        moment_add(moment, member->domain->name, member->domain->uuid, member);
    }
    held = moment_hold(moment, self->hypervisor, &options, hold_member, self, error);
    note_left(self, moment);
    if (!held || !check_runs(self, error))
        return FALSE;
    find_point_times(self);
    for (guint i = 0; i < moment->members->len; i++)
        take_member(self, g_ptr_array_index(moment->members, i));

    return TRUE;
}
