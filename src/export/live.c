/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#include "export/live-scratch.h"
#include "export/live.h"
#include "export/plan-tpm.h"
#include "hypervisor/drivers.h"
#include "hypervisor/host-security.h"
#include "qcow2/flat-source.h"
#include "snapshot/moment.h"
#include "util/strings.h"

/* A member of a live export, with the backup job that holds its disks. */
typedef struct {
    PlanDomain *domain;       /* not owned */
    GPtrArray *targets;       /* char*: of disks that are pulled; not owned, as all that follows */
    GPtrArray *since;         /* char*: for each, the checkpoint since which changes are known */
    GPtrArray *tracked;       /* char*: disks of which a checkpoint is made */
    GPtrArray *untracked;     /* char*: all other disks of the domain */
    char *xml;                /* its definition at the moment */
    gint64 time;              /* time of the moment, seconds since the epoch */
    GMutex lock;              /* guards what follows */
    HypervisorBackup *backup; /* NULL: the domain is not held, or not any more */
    guint unread;             /* number of disks that are not read completely */
} LiveMember;

struct LiveExport {
    Hypervisor *hypervisor; /* not owned, as the next two */
    Plan *plan;
    Control *control;
    GPtrArray *members; /* LiveMember, as in the plan */
    LiveScratch *scratch;
    GMutex lock;         /* guards what follows */
    GPtrArray *warnings; /* char* */
};

static void
live_member_free(LiveMember *self)
{
    g_ptr_array_unref(self->targets);
    g_ptr_array_unref(self->since);
    g_ptr_array_unref(self->tracked);
    g_ptr_array_unref(self->untracked);
    g_free(self->xml);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void
live_export_warn(LiveExport *self, char *text)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_ptr_array_add(self->warnings, text);
}

static PlanSnapshot *
present_of(const LiveMember *member)
{
    return g_ptr_array_index(member->domain->snapshots, 0);
}

/* --- before the moment -------------------------------------------------------- */

static LiveMember *
live_member_new(const Plan *plan, PlanDomain *domain)
{
    LiveMember *self = g_new0(LiveMember, 1);
    GPtrArray *disks = ((PlanSnapshot *)g_ptr_array_index(domain->snapshots, 0))->disks;

    self->domain = domain;
    self->targets = g_ptr_array_new();
    self->since = g_ptr_array_new();
    self->tracked = g_ptr_array_new();
    self->untracked = g_ptr_array_new();
    g_mutex_init(&self->lock);
    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        if (layer->domain != domain)
            continue;
        g_ptr_array_add(self->targets, layer->target);
        g_ptr_array_add(self->since, layer->since);
    }
    for (guint i = 0; i < disks->len; i++) {
        const PlanDisk *disk = g_ptr_array_index(disks, i);

        g_ptr_array_add(plan_disk_checkpoint(plan, disk) ? self->tracked : self->untracked,
                        disk->def->target);
    }
    self->unread = self->targets->len;

    return self;
}

/* Prepares the backup of one member. A domain that no disk is pulled from needs no backup job. */
static gboolean
prepare_member(LiveExport *self, LiveMember *member, GError **error)
{
    const PlanPoint *point = self->plan->point;
    const HypervisorCheckpointRequest checkpoint = {
        .domain = member->domain->name,
        .name = point ? point->checkpoint : NULL,
        .id = point ? point->id : NULL,
        .export = point ? point->export : NULL,
        .tracked = member->tracked,
        .untracked = member->untracked,
    };
    const HypervisorBackupRequest request = {
        .domain = member->domain->name,
        .targets = member->targets,
        .since = member->since,
        .scratch = self->plan->settings->scratch,
        .checkpoint = member->tracked->len > 0 ? &checkpoint : NULL,
    };

    if (member->targets->len == 0)
        return TRUE;
    member->backup = self->hypervisor->ops->backups->prepare(self->hypervisor, &request, error);

    return member->backup != NULL;
}

static gboolean
watch_scratch(LiveExport *self, GError **error)
{
    g_autoptr(GPtrArray) directories = g_ptr_array_new();

    for (guint i = 0; i < self->members->len; i++) {
        const LiveMember *member = g_ptr_array_index(self->members, i);

        if (member->backup)
            g_ptr_array_add(directories, member->backup->scratch);
    }
    self->scratch = live_scratch_watch(directories, self->control, error);

    return self->scratch != NULL;
}

LiveExport *
live_export_new(Hypervisor *hypervisor, Plan *plan, Control *control, GError **error)
{
    g_autoptr(LiveExport) self = g_new0(LiveExport, 1);

    self->hypervisor = hypervisor;
    self->plan = plan;
    self->control = control;
    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)live_member_free);
    g_mutex_init(&self->lock);
    self->warnings = hypervisor->ops->backups->clean_up(hypervisor, plan->settings->scratch);
    for (guint i = 0; i < plan->domains->len; i++) {
        LiveMember *member = live_member_new(plan, g_ptr_array_index(plan->domains, i));

        g_ptr_array_add(self->members, member);
        if (!prepare_member(self, member, error))
            return NULL;
    }

    return watch_scratch(self, error) ? g_steal_pointer(&self) : NULL;
}

/* --- the moment ----------------------------------------------------------------- */

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
    const PlanSnapshot *planned = present_of(member);
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
begin_backup(Hypervisor *hypervisor, HypervisorBackup *backup, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (hypervisor->ops->backups->begin(backup, &why))
        return TRUE;
    host_explain_denied(hypervisor, backup->scratch, why);
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

    if (member->backup && !begin_backup(hypervisor, member->backup, error))
        return FALSE;
    if (!plan_tpm_hold(self->plan, member->domain, error))
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
    PlanSnapshot *present = present_of(member);

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

static void
take_moment(LiveExport *self, const Moment *moment)
{
    for (guint i = 0; i < moment->members->len; i++)
        take_member(self, g_ptr_array_index(moment->members, i));
    for (guint i = 0; i < moment->warnings->len; i++)
        live_export_warn(self, g_strdup(g_ptr_array_index(moment->warnings, i)));
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

    for (guint i = 0; i < self->members->len; i++) {
        LiveMember *member = g_ptr_array_index(self->members, i);

        moment_add(moment, member->domain->name, member->domain->uuid, member);
    }
    if (!moment_hold(moment, self->hypervisor, &options, hold_member, self, error) ||
        !check_runs(self, error))
        return FALSE;
    take_moment(self, moment);

    return TRUE;
}

/* --- while it is read -------------------------------------------------------------- */

static LiveMember *
member_of(const LiveExport *self, const PlanLayer *layer)
{
    for (guint i = 0; i < self->members->len; i++) {
        LiveMember *member = g_ptr_array_index(self->members, i);

        if (member->domain == layer->domain)
            return member;
    }

    return NULL;
}

gboolean
live_export_find_dirty(const LiveExport *self, const PlanLayer *layer, GArray *extents,
                       GError **error)
{
    const LiveMember *member = member_of(self, layer);
    g_autofree char *what = g_strdup_printf("%s, %s", layer->domain->name, layer->target);

    return drivers_get()->find_dirty(member->backup->socket, layer->target, layer->since, what,
                                     extents, error);
}

Source *
live_export_open(LiveExport *self, const PlanLayer *layer, gboolean guest, GError **error)
{
    const LiveMember *member = member_of(self, layer);
    PlanLayer *known = g_ptr_array_index(self->plan->layers, layer->number);
    g_autofree char *what = g_strdup_printf("%s, %s", layer->domain->name, layer->target);
    g_autoptr(Source) source =
        drivers_get()->open_captured(member->backup->socket, layer->target, what, error);

    if (!source)
        return NULL;
    /* The disk may have been resized since it was planned. */
    known->capacity = source->size;

    if (guest)
        return g_steal_pointer(&source);

    return flat_source_new(g_steal_pointer(&source), what, error);
}

/* Ends the backup of one member, while the lock is held. A backup that cannot be ended now is
 * ended by the next export. */
static gboolean
let_go(LiveExport *self, LiveMember *member, GError **error)
{
    HypervisorBackup *backup = g_steal_pointer(&member->backup);
    g_autoptr(GError) why = NULL;

    if (!backup || self->hypervisor->ops->backups->end(backup, &why))
        return TRUE;
    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    live_export_warn(
        self, g_strdup_printf(_("%s; all was read, and the next live export ends the job"),
                              why->message));

    return TRUE;
}

gboolean
live_export_read(LiveExport *self, const PlanLayer *layer, GError **error)
{
    LiveMember *member = member_of(self, layer);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&member->lock);

    return --member->unread > 0 || let_go(self, member, error);
}

/* --- the end ------------------------------------------------------------------------- */

/* Returns: whether the member's domain has ended. A read may fail because QEMU is gone shortly
 * before libvirt knows of it. */
static gboolean
has_ended(const LiveExport *self, const LiveMember *member, const GError *error)
{
    gboolean wait = g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    gint64 until = g_get_monotonic_time() + (wait ? G_USEC_PER_SEC : 0);
    gboolean ended;

    while (!(ended = self->hypervisor->ops->backups->has_ended(member->backup)) &&
           g_get_monotonic_time() < until)
        g_usleep(G_USEC_PER_SEC / 50);

    return ended;
}

GError *
live_export_explain(LiveExport *self, GError *error)
{
    for (guint i = 0; i < self->members->len; i++) {
        LiveMember *member = g_ptr_array_index(self->members, i);
        g_autoptr(GError) why = NULL;

        g_mutex_lock(&member->lock);
        if (member->backup && has_ended(self, member, error))
            let_go(self, member, &why);
        g_mutex_unlock(&member->lock);
        if (!why)
            continue;
        g_error_free(error);
        return g_steal_pointer(&why);
    }

    return error;
}

/* Warns where the firmware's variables changed while they were copied: QEMU writes to that file
 * when the guest does. */
static void
check_variables(const LiveMember *member, const Plan *plan, GPtrArray *warnings)
{
    for (guint i = 0; i < plan->files->len; i++) {
        const PlanFile *file = g_ptr_array_index(plan->files, i);
        struct stat st;

        if (!file->source || !g_str_equal(file->role, "nvram") ||
            !g_str_has_prefix(file->path, member->domain->directory) ||
            file->path[strlen(member->domain->directory)] != '/')
            continue;
        if (stat(file->source, &st) == 0 && st.st_mtim.tv_sec >= member->time)
            g_ptr_array_add(warnings,
                            g_strdup_printf(_("Domain '%s': the firmware's variables '%s' were "
                                              "written to during the export; what is exported may "
                                              "be later than the disks"),
                                            member->domain->name, file->source));
    }
}

void
live_export_warnings(LiveExport *self, GPtrArray *warnings)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    strings_append(warnings, self->warnings);
    for (guint i = 0; i < self->members->len; i++)
        check_variables(g_ptr_array_index(self->members, i), self->plan, warnings);
}

void
live_export_free(LiveExport *self)
{
    if (!self)
        return;
    live_scratch_free(self->scratch);
    for (guint i = 0; i < self->members->len; i++) {
        LiveMember *member = g_ptr_array_index(self->members, i);
        g_autoptr(GError) error = NULL;

        if (member->backup && !self->hypervisor->ops->backups->end(member->backup, &error))
            g_debug("%s", error->message);
    }
    g_ptr_array_unref(self->members);
    g_ptr_array_unref(self->warnings);
    g_mutex_clear(&self->lock);
    g_free(self);
}
