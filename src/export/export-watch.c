/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/export-items.h"
#include "export/export-watch.h"
#include "util/strings.h"

struct ExportWatch {
    Hypervisor *hypervisor; /* the next four are not owned */
    const Plan *plan;
    GPtrArray *items;
    Control *control;
    HypervisorWatch *watch; /* NULL: nobody tells */
    GMutex lock;            /* guards the warnings */
    GPtrArray *warnings;    /* char* */
};

/* What an event means, as the header has it. */
static const struct {
    gboolean members; /* it means something only for members */
    gboolean look;    /* at the images */
} policy[] = {
    [HYPERVISOR_EVENT_CLOSED] = {FALSE, FALSE},  [HYPERVISOR_EVENT_UNDEFINED] = {TRUE, TRUE},
    [HYPERVISOR_EVENT_RENAMED] = {TRUE, FALSE},  [HYPERVISOR_EVENT_STARTED] = {FALSE, TRUE},
    [HYPERVISOR_EVENT_STOPPED] = {FALSE, FALSE}, [HYPERVISOR_EVENT_BLOCK_JOB] = {FALSE, TRUE},
};

/* --- who and what ----------------------------------------------------------- */

static const PlanDomain *
find_member(const Plan *plan, const char *uuid)
{
    for (guint i = 0; uuid && i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        if (g_str_equal(domain->uuid, uuid))
            return domain;
    }

    return NULL;
}

static gboolean
disk_has(const PlanDisk *disk, const PlanLayer *wanted)
{
    for (const PlanLayer *layer = disk->top; layer; layer = layer->backing) {
        if (layer == wanted)
            return TRUE;
    }

    return FALSE;
}

/* The disk of @domain that @layer belongs to. */
static const char *
find_disk(const PlanDomain *domain, const PlanLayer *layer)
{
    for (guint i = 0; i < domain->snapshots->len; i++) {
        const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, i);

        for (guint k = 0; k < snapshot->disks->len; k++) {
            const PlanDisk *disk = g_ptr_array_index(snapshot->disks, k);

            if (disk_has(disk, layer))
                return disk->def->target;
        }
    }

    return NULL;
}

/* "domain 'web', disk 'vda'": the member whose layer it is, @first if there are several. */
static char *
owner_of(const Plan *plan, const PlanDomain *first, const PlanLayer *layer)
{
    const char *disk = first ? find_disk(first, layer) : NULL;
    const PlanDomain *domain = first;

    for (guint i = 0; !disk && i < plan->domains->len; i++) {
        domain = g_ptr_array_index(plan->domains, i);
        disk = find_disk(domain, layer);
    }

    return g_strdup_printf(_("domain '%s', disk '%s'"), disk ? domain->name : "?",
                           disk ? disk : "?");
}

/* --- what is done about it -------------------------------------------------- */

static void G_GNUC_PRINTF(2, 3)
warn(ExportWatch *self, const char *format, ...)
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
        warn(self, _("The connection to libvirt was lost during the export (%s); all layers were "
                     "copied as planned"),
             event->reason);
    else if (event->type == HYPERVISOR_EVENT_UNDEFINED)
        warn(self, _("The domain '%s' was undefined while it was exported"), member->name);
    else if (event->type == HYPERVISOR_EVENT_RENAMED)
        warn(self, _("The domain '%s' was renamed to '%s' while it was exported; the export has "
                     "its former name"),
             member->name, event->domain);
}

static void
explain(GError **error, const HypervisorEvent *event, const char *owner)
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

/* Ends the export if an image that is still to be read is not as planned. @event: NULL if it is
 * the first look. */
static void
look(ExportWatch *self, const HypervisorEvent *event, const PlanDomain *member)
{
    for (guint i = 0; i < self->items->len && !control_is_cancelled(self->control); i++) {
        ExportItem *item = g_ptr_array_index(self->items, i);
        g_autoptr(GError) error = NULL;
        g_autofree char *owner = NULL;

        if (export_item_check(item, &error))
            continue;
        owner = owner_of(self->plan, member, export_item_layer(item));
        explain(&error, event, owner);
        control_fail(self->control, g_steal_pointer(&error));
    }
}

/* The moment that its QEMU held is gone. */
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
on_event(const HypervisorEvent *event, gpointer data)
{
    ExportWatch *self = data;
    const PlanDomain *member = find_member(self->plan, event->uuid);

    if (policy[event->type].members && !member)
        return;
    warn_of(self, event, member);
    if (event->type == HYPERVISOR_EVENT_STOPPED && member)
        look_for_stopped(self, member);
    if (policy[event->type].look)
        look(self, event, member);
}

/* --- for the others --------------------------------------------------------- */

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
        self->watch = hypervisor->ops->watch(hypervisor, on_event, self, &error);
    if (error)
        warn(self, _("What happened to the domains during the export was not noticed: %s"),
             error->message);
    look(self, NULL, NULL);

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
