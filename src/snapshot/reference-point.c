/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "archive/origin.h"
#include "hypervisor/domain-job.h"
#include "snapshot/frozen-time.h"
#include "snapshot/reference-point.h"
#include "util/name.h"

/* --- names --------------------------------------------------------------------- */

const char *
reference_point_state_name(ReferencePointState state)
{
    static const char *const names[] = {
        [REFERENCE_POINT_WHOLE] = "whole",
        [REFERENCE_POINT_UNKNOWN] = "unknown",
        [REFERENCE_POINT_BROKEN] = "broken",
        [REFERENCE_POINT_MISSING] = "missing",
    };

    return names[state];
}

char *
reference_point_checkpoint(const char *name)
{
    return g_strconcat(REFERENCE_POINT_PREFIX, name, NULL);
}

gboolean
reference_point_check_name(const char *name, GError **error)
{
    if (*name && !strchr(name, '/') && text_fits_xml(name))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is no name for a reference point: it must not be empty or have a '/'"),
                name);

    return FALSE;
}

char *
reference_point_run(const char *run, const char *index)
{
    g_autofree char *boot = origin_boot();

    return boot && run && index ? g_strdup_printf("%s %s %s", boot, run, index) : NULL;
}

/* --- looking ------------------------------------------------------------------------ */

const HypervisorCheckpoint *
reference_point_find(GPtrArray *checkpoints, const char *name)
{
    for (guint i = 0; i < checkpoints->len; i++) {
        const HypervisorCheckpoint *one = g_ptr_array_index(checkpoints, i);

        if (g_str_equal(one->name, name))
            return one;
    }

    return NULL;
}

static void
point_member_free(ReferencePointMember *self)
{
    g_free(self->domain);
    g_free(self->reason);
    g_free(self);
}

void
reference_point_free(ReferencePoint *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->export);
    g_ptr_array_unref(self->members);
    g_free(self);
}

gboolean
reference_point_is_whole(const ReferencePoint *self)
{
    for (guint i = 0; i < self->members->len; i++) {
        const ReferencePointMember *member = g_ptr_array_index(self->members, i);

        if (member->state == REFERENCE_POINT_BROKEN || member->state == REFERENCE_POINT_MISSING)
            return FALSE;
    }

    return TRUE;
}

/* The checkpoints of one domain. */
typedef struct {
    const char *domain;
    gboolean active;
    GPtrArray *checkpoints;
} Known;

static void
known_free(Known *self)
{
    g_clear_pointer(&self->checkpoints, g_ptr_array_unref);
    g_free(self);
}

/* Nothing can be asked of its disks then. */
static gboolean
is_busy(Hypervisor *hypervisor, const char *uuid)
{
    return domain_job_locks(hypervisor->ops->snapshots->job(hypervisor, uuid));
}

static GPtrArray *
ask_all(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)known_free);

    for (guint i = 0; i < domains->len; i++) {
        Known *known = g_new0(Known, 1);
        g_autoptr(DomainRecord) record = NULL;
        gboolean running;

        g_ptr_array_add(all, known);
        known->domain = g_ptr_array_index(domains, i);
        known->checkpoints =
            hypervisor->ops->backups->checkpoints(hypervisor, known->domain, error);
        if (!known->checkpoints)
            return NULL;
        record = hypervisor->ops->describe(hypervisor, known->domain, &running, NULL);
        known->active = record && record->active && !is_busy(hypervisor, record->uuid);
    }

    return g_steal_pointer(&all);
}

static ReferencePointMember *
member_with(const Known *known, const char *checkpoint)
{
    const HypervisorCheckpoint *one = reference_point_find(known->checkpoints, checkpoint);
    ReferencePointMember *member = g_new0(ReferencePointMember, 1);

    member->domain = g_strdup(known->domain);
    member->state = !one            ? REFERENCE_POINT_MISSING
                    : one->broken   ? REFERENCE_POINT_BROKEN
                    : known->active ? REFERENCE_POINT_WHOLE
                                    : REFERENCE_POINT_UNKNOWN;
    member->reason = one ? g_strdup(one->reason) : NULL;
    member->creation_time = one ? one->creation_time : 0;

    return member;
}

/* All members of an export have the same id and path in their checkpoints. */
static void
find_export(ReferencePoint *self, const HypervisorCheckpoint *one)
{
    self->export = g_strdup(one->export);
    if (one->export && one->id)
        self->found = export_point_look(one->export, one->name, one->id);
}

static ReferencePoint *
point_of(GPtrArray *all, const HypervisorCheckpoint *one)
{
    ReferencePoint *self = g_new0(ReferencePoint, 1);

    self->name = g_strdup(one->name + strlen(REFERENCE_POINT_PREFIX));
    find_export(self, one);
    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)point_member_free);
    for (guint i = 0; i < all->len; i++)
        g_ptr_array_add(self->members, member_with(g_ptr_array_index(all, i), one->name));

    return self;
}

GPtrArray *
reference_point_list(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    g_autoptr(GPtrArray) all = ask_all(hypervisor, domains, error);
    g_autoptr(GTree) names = g_tree_new((GCompareFunc)strcmp);
    GPtrArray *points;

    if (!all)
        return NULL;
    for (guint i = 0; i < all->len; i++) {
        const Known *known = g_ptr_array_index(all, i);

        for (guint k = 0; k < known->checkpoints->len; k++) {
            HypervisorCheckpoint *one = g_ptr_array_index(known->checkpoints, k);

            if (g_str_has_prefix(one->name, REFERENCE_POINT_PREFIX))
                g_tree_insert(names, one->name, one);
        }
    }
    points = g_ptr_array_new_with_free_func((GDestroyNotify)reference_point_free);
    for (GTreeNode *node = g_tree_node_first(names); node; node = g_tree_node_next(node))
        g_ptr_array_add(points, point_of(all, g_tree_node_value(node)));

    return points;
}

static void
add_names(GPtrArray *names, GPtrArray *checkpoints)
{
    for (guint i = 0; i < checkpoints->len; i++) {
        const HypervisorCheckpoint *one = g_ptr_array_index(checkpoints, i);
        const char *name = one->name + strlen(REFERENCE_POINT_PREFIX);

        if (g_str_has_prefix(one->name, REFERENCE_POINT_PREFIX) &&
            !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, g_strdup(name));
    }
}

GPtrArray *
reference_point_names(Hypervisor *hypervisor, GPtrArray *domains)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < domains->len; i++) {
        g_autoptr(GPtrArray) checkpoints = hypervisor->ops->backups->checkpoints(
            hypervisor, g_ptr_array_index(domains, i), NULL);

        if (checkpoints)
            add_names(names, checkpoints);
    }

    return names;
}

/* --- removing ----------------------------------------------------------------------------- */

gboolean
reference_point_drop(Hypervisor *hypervisor, const char *domain, const char *checkpoint,
                     GPtrArray *warnings, GError **error)
{
    FrozenTimes *frozen = frozen_times_look(hypervisor, domain);
    gboolean forgotten;
    gboolean done = hypervisor->ops->backups->delete_checkpoint(hypervisor, domain, checkpoint,
                                                                &forgotten, error);

    frozen_times_note(frozen);
    if (done && forgotten)
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("Domain '%s': libvirt could not delete the checkpoint "
                                          "'%s', so only what it knew of it is gone; a bitmap of "
                                          "that name may still be in an image"),
                                        domain, checkpoint));

    return done;
}
