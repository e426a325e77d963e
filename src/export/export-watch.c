/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/export-items.h"
#include "export/export-watch.h"
#include "util/strings.h"

struct ExportWatch {
    Hypervisor *hypervisor; /* this and the next three members are not owned */
    const Plan *plan;
    GPtrArray *items;
    Control *control;
    HypervisorWatch *watch; /* NULL: there are no events */
    GMutex lock;            /* guards the warnings */
    GPtrArray *warnings;    /* char* */
};

/* What each event means; the header explains it. */
static const struct {
    gboolean members; /* the event is relevant only for member domains */
    gboolean look;    /* check the images */
} policy[] = {
    [HYPERVISOR_EVENT_CLOSED] = {FALSE, FALSE},  [HYPERVISOR_EVENT_UNDEFINED] = {TRUE, TRUE},
    [HYPERVISOR_EVENT_RENAMED] = {TRUE, FALSE},  [HYPERVISOR_EVENT_STARTED] = {FALSE, TRUE},
    [HYPERVISOR_EVENT_STOPPED] = {FALSE, FALSE}, [HYPERVISOR_EVENT_MIGRATED] = {TRUE, TRUE},
    [HYPERVISOR_EVENT_BLOCK_JOB] = {FALSE, TRUE},
};

/* --- domains and disks ------------------------------------------------------ */

static const PlanDomain *
find_plan_member(const Plan *plan, const char *uuid)
{
    for (guint i = 0; uuid && i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        if (g_str_equal(domain->uuid, uuid))
            return domain;
    }

    return NULL;
}

static gboolean
disk_has_layer(const PlanDisk *disk, const PlanLayer *wanted)
{
    for (const PlanLayer *layer = disk->top; layer; layer = layer->backing) {
        if (layer == wanted)
            return TRUE;
    }

    return FALSE;
}

/* The target of the disk of @domain whose chain includes @layer, or NULL. */
static const char *
find_disk_of_layer(const PlanDomain *domain, const PlanLayer *layer)
{
    for (guint i = 0; i < domain->snapshots->len; i++) {
        const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, i);

        for (guint k = 0; k < snapshot->disks->len; k++) {
            const PlanDisk *disk = g_ptr_array_index(snapshot->disks, k);

            if (disk_has_layer(disk, layer))
                return disk->def->target;
        }
    }

    return NULL;
}

/* "domain 'web', disk 'vda'" for the member to which @layer belongs, @first if it belongs to
 * several. */
static char *
owner_of(const Plan *plan, const PlanDomain *first, const PlanLayer *layer)
{
    const char *disk = first ? find_disk_of_layer(first, layer) : NULL;
    const PlanDomain *domain = first;

    for (guint i = 0; !disk && i < plan->domains->len; i++) {
        domain = g_ptr_array_index(plan->domains, i);
        disk = find_disk_of_layer(domain, layer);
    }

    return g_strdup_printf(_("domain '%s', disk '%s'"), disk ? domain->name : "?",
                           disk ? disk : "?");
}

/* --- reactions -------------------------------------------------------------- */

static void G_GNUC_PRINTF(2, 3)
warn_of_event(ExportWatch *self, const char *format, ...)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    va_list args;

    va_start(args, format);
    g_ptr_array_add(self->warnings, g_strdup_vprintf(format, args));
    va_end(args);
}

static void
warn_of(ExportWatch *self, const HypervisorEvent *event, const PlanDomain *member)
{
    if (event->type == HYPERVISOR_EVENT_CLOSED)
        warn_of_event(self,
                      _("The connection to libvirt was lost during the export (%s); all layers "
                        "were copied as planned"),
                      event->reason);
    else if (event->type == HYPERVISOR_EVENT_UNDEFINED)
        warn_of_event(self, _("The domain '%s' was undefined while it was exported"), member->name);
    else if (event->type == HYPERVISOR_EVENT_MIGRATED)
        warn_of_event(self,
                      _("The domain '%s' was migrated to another host while it was exported; its "
                        "layers were copied as planned"),
                      member->name);
    else if (event->type == HYPERVISOR_EVENT_RENAMED)
        warn_of_event(self,
                      _("The domain '%s' was renamed to '%s' while it was exported; the export has "
                        "its former name"),
                      member->name, event->domain);
}

static void
explain_event(GError **error, const HypervisorEvent *event, const char *owner)
{
    if (event && event->type == HYPERVISOR_EVENT_BLOCK_JOB)
        g_prefix_error(error,
                       _("A block job of the domain '%s' has begun or ended, and a layer that is "
                         "still to be exported (%s) is not what it was: "),
                       event->domain, owner);
    else if (event && event->type == HYPERVISOR_EVENT_STARTED)
        g_prefix_error(error,
                       _("The domain '%s' runs now, and a layer that is still to be exported (%s) "
                         "is not what it was: "),
                       event->domain, owner);
    else
        g_prefix_error(error, "%s: ", owner);
}

/* Checks the images that are still to be read and ends the export if one is not as planned. @event:
 * (nullable): NULL for the first check. */
static void
check_watched_images(ExportWatch *self, const HypervisorEvent *event, const PlanDomain *member)
{
    for (guint i = 0; i < self->items->len && !control_is_cancelled(self->control); i++) {
        ExportItem *item = g_ptr_array_index(self->items, i);
        g_autoptr(GError) error = NULL;
        g_autofree char *owner = NULL;

        if (export_item_check(item, &error))
            continue;
        owner = owner_of(self->plan, member, export_item_layer(item));
        explain_event(&error, event, owner);
        control_fail(self->control, g_steal_pointer(&error));
    }
}

/* Ends the export if the QEMU of @member has ended, which held the state of its disks. */
static void
look_for_stopped(ExportWatch *self, const PlanDomain *member)
{
    for (guint i = 0; i < self->items->len; i++) {
        if (!export_item_needs(g_ptr_array_index(self->items, i), member->uuid))
            continue;
        control_fail(self->control,
                     g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                                 _("The domain '%s' was shut off, or crashed, while its disks were "
                                   "read, and the moment that was exported is gone; export again"),
                                 member->name));
        return;
    }
}

static void
on_hypervisor_event(const HypervisorEvent *event, gpointer data)
{
    ExportWatch *self = data;
    const PlanDomain *member = find_plan_member(self->plan, event->uuid);

    if (policy[event->type].members && !member)
        return;
    warn_of(self, event, member);
    if ((event->type == HYPERVISOR_EVENT_STOPPED || event->type == HYPERVISOR_EVENT_MIGRATED) &&
        member)
        look_for_stopped(self, member);
    if (policy[event->type].look)
        check_watched_images(self, event, member);
}

/* --- public functions ------------------------------------------------------- */

ExportWatch *
export_watch_new(Hypervisor *hypervisor, const Plan *plan, GPtrArray *items, Control *control)
{
    ExportWatch *self = g_new0(ExportWatch, 1);
    g_autoptr(GError) error = NULL;

    self->hypervisor = hypervisor;
    self->plan = plan;
    self->items = items;
    self->control = control;
    self->warnings = strings_copy(plan->warnings);
    g_mutex_init(&self->lock);
    if (hypervisor)
        self->watch = hypervisor->ops->watch(hypervisor, on_hypervisor_event, self, &error);
    if (error)
        warn_of_event(self, _("What happened to the domains during the export was not noticed: %s"),
                      error->message);
    check_watched_images(self, NULL, NULL);

    return self;
}

GPtrArray *
export_watch_warnings(ExportWatch *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return strings_copy(self->warnings);
}

void
export_watch_free(ExportWatch *self)
{
    if (!self)
        return;
    if (self->watch)
        self->hypervisor->ops->unwatch(self->hypervisor, self->watch);
    g_ptr_array_unref(self->warnings);
    g_mutex_clear(&self->lock);
    g_free(self);
}
