/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#include "export/live-private.h"
#include "hypervisor/drivers.h"
#include "qcow2/flat-source.h"
#include "util/strings.h"

/* How long libvirt may take to know that a QEMU is gone, on a host that is busy, too: until it does
 * not answer for the domain any more, and from there on. With a guest agent it waits half a minute
 * for the backup to end before it looks at the end of QEMU. */
#define SILENT_US (5 * G_USEC_PER_SEC)
#define KNOWN_US (60 * G_USEC_PER_SEC)

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

/* --- letting go ------------------------------------------------------------------ */

static void
tell_left(LiveExport *self, const LiveMember *member, const GError *why)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_ptr_array_add(self->left,
                    g_strdup_printf(_("%s; the next live export ends what is left of it, or: virsh "
                                      "domjobabort %s"),
                                    why->message, member->domain->name));
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
    tell_left(self, member, why);

    return TRUE;
}

/* One member that is let go, in a thread of its own. */
typedef struct {
    LiveExport *live;
    LiveMember *member;
    GThread *thread;
} Leaving;

static gpointer
abandon_member(gpointer data)
{
    Leaving *self = data;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->member->lock);
    g_autoptr(GError) why = NULL;

    if (!self->member->backup)
        return NULL;
    self->member->abandoned = TRUE;
    if (!let_go(self->live, self->member, &why))
        g_debug("%s", why->message);

    return NULL;
}

/* Lets all go that are still held, for the export has to end: what has not been read by now never
 * will be. Side by side, because with a libvirtd that is gone each takes as long as one waits for
 * it to come back. */
static void
abandon_all(gpointer data)
{
    LiveExport *self = data;
    g_autofree Leaving *all = g_new0(Leaving, self->members->len);

    for (guint i = 0; i < self->members->len; i++) {
        all[i] = (Leaving){.live = self, .member = g_ptr_array_index(self->members, i)};
        all[i].thread = g_thread_try_new("virtsnap-leave", abandon_member, &all[i], NULL);
        if (!all[i].thread)
            abandon_member(&all[i]);
    }
    for (guint i = 0; i < self->members->len; i++) {
        if (all[i].thread)
            g_thread_join(all[i].thread);
    }
}

gboolean
live_export_check_held(const LiveExport *self, const LiveMember *member, GError **error)
{
    return !member->abandoned || control_pass(self->control, 0, error);
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
    self->scratch = live_scratch_watch(directories, self->control, abandon_all, self, error);

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
    self->left = g_ptr_array_new_with_free_func(g_free);
    self->warnings = hypervisor->ops->backups->clean_up(hypervisor, plan->settings->scratch);
    for (guint i = 0; i < plan->domains->len; i++) {
        LiveMember *member = live_member_new(plan, g_ptr_array_index(plan->domains, i));

        g_ptr_array_add(self->members, member);
        if (!prepare_member(self, member, error))
            return NULL;
    }

    return watch_scratch(self, error) ? g_steal_pointer(&self) : NULL;
}

/* --- while it is read -------------------------------------------------------------- */

/* Returns: where @member's disks are served, owned by the caller; NULL with INVALID_STATE if its
 * backup has been ended. */
static char *
socket_of(const LiveExport *self, LiveMember *member, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&member->lock);

    if (!live_export_check_held(self, member, error))
        return NULL;
    if (member->backup)
        return g_strdup(member->backup->socket);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The domain '%s' does not hold its disks any more; export again"),
                member->domain->name);

    return NULL;
}

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
    g_autofree char *socket = socket_of(self, member_of(self, layer), error);
    g_autofree char *what = g_strdup_printf("%s, %s", layer->domain->name, layer->target);

    return socket && drivers_get()->find_dirty(socket, layer->target, layer->since, what, extents,
                                               error);
}

Source *
live_export_open(LiveExport *self, const PlanLayer *layer, gboolean guest, GError **error)
{
    g_autofree char *socket = socket_of(self, member_of(self, layer), error);
    PlanLayer *known = g_ptr_array_index(self->plan->layers, layer->number);
    g_autofree char *what = g_strdup_printf("%s, %s", layer->domain->name, layer->target);
    g_autoptr(Source) source =
        socket ? drivers_get()->open_captured(socket, layer->target, what, error) : NULL;

    if (!source)
        return NULL;
    /* The disk may have been resized since it was planned. */
    known->capacity = source->size;

    if (guest)
        return g_steal_pointer(&source);

    return flat_source_new(g_steal_pointer(&source), what, error);
}

gboolean
live_export_read(LiveExport *self, const PlanLayer *layer, GError **error)
{
    LiveMember *member = member_of(self, layer);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&member->lock);

    return live_export_check_held(self, member, error) &&
           (--member->unread > 0 || let_go(self, member, error));
}

/* --- the end ------------------------------------------------------------------------- */

/* Returns: whether the member's domain has ended. @since: what tells of its end has happened then;
 * 0: nothing has. */
static gboolean
has_ended(const LiveExport *self, const LiveMember *member, gint64 since)
{
    HypervisorBackupState state;

    while ((state = self->hypervisor->ops->backups->state(member->backup)) !=
           HYPERVISOR_BACKUP_ENDED) {
        gint64 limit = state == HYPERVISOR_BACKUP_ENDS ? KNOWN_US : SILENT_US;

        if (since == 0 || g_get_monotonic_time() - since >= limit)
            return FALSE;
        g_usleep(G_USEC_PER_SEC / 50);
    }

    return TRUE;
}

/* Returns: why the disks of @member could not be read to the end; NULL: it is not to blame. */
static GError *
explain_member(LiveExport *self, LiveMember *member, gint64 since)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&member->lock);
    GError *why = NULL;

    if (live_export_check_held(self, member, &why) && member->backup &&
        has_ended(self, member, since) && let_go(self, member, &why))
        return NULL;

    return why;
}

GError *
live_export_explain(LiveExport *self, GError *error)
{
    /* A read may fail because QEMU is gone shortly before libvirt knows of it. */
    gboolean wait = g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    gint64 since = wait ? g_get_monotonic_time() : 0;

    for (guint i = 0; i < self->members->len; i++) {
        GError *why = explain_member(self, g_ptr_array_index(self->members, i), since);

        if (!why)
            continue;
        g_error_free(error);
        return why;
    }

    return error;
}

GError *
live_export_abandon(LiveExport *self, GError *error)
{
    g_clear_pointer(&self->scratch, live_scratch_free);
    abandon_all(self);
    for (guint i = 0; i < self->left->len; i++)
        g_prefix_error(&error, "%s. ", (const char *)g_ptr_array_index(self->left, i));

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
    strings_append(warnings, self->left);
    for (guint i = 0; i < self->members->len; i++)
        check_variables(g_ptr_array_index(self->members, i), self->plan, warnings);
}

void
live_export_free(LiveExport *self)
{
    if (!self)
        return;
    live_scratch_free(self->scratch);
    abandon_all(self);
    g_ptr_array_unref(self->members);
    g_ptr_array_unref(self->warnings);
    g_ptr_array_unref(self->left);
    g_mutex_clear(&self->lock);
    g_free(self);
}
