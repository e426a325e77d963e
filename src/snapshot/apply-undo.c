/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "hypervisor/snapshot-ops.h"
#include "snapshot/apply-files.h"
#include "snapshot/apply-kept.h"
#include "snapshot/apply-member.h"
#include "snapshot/apply-record.h"
#include "snapshot/apply-undo.h"
#include "snapshot/delete-run.h"
#include "snapshot/layer-blank.h"

/* How far a member had come when the process was killed. */
typedef enum {
    WAY_GONE,      /* the domain is gone */
    WAY_OTHERS,    /* somebody else has made a snapshot of that name */
    WAY_UNTOUCHED, /* its present state is not kept: it was paused at most, unless the snapshot
                    * could not be written down */
    WAY_KEPT,      /* the snapshot that keeps its present state exists */
    WAY_ENDED,     /* it exists, and the domain, which ran, is off: its memory is only there */
    WAY_BETWEEN,   /* its layers are exchanged, its memory is not loaded yet */
    WAY_BACK,      /* it has gone back */
} Way;

typedef struct {
    const SetMember *record;
    const DomainSurvey *domain; /* NULL: gone */
    Way way;
} UndoMember;

typedef struct {
    Hypervisor *hypervisor;
    SetRecord *record;
    GPtrArray *domains; /* DomainSurvey */
    ImageUsers *users;
    UndoMember *members;
    GPtrArray *warnings;
} Undo;

static void
undo_clear(Undo *self)
{
    image_users_free(self->users);
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_clear_pointer(&self->members, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Undo, undo_clear)

/* --- how far each had come ------------------------------------------------------------ */

/* Returns: the layer that the disk of a domain is on; for a domain that is off, the layer that it
 * is started on. */
static const Layer *
find_top(const Undo *self, const UndoMember *member, const char *target)
{
    const GPtrArray *users = self->users->users;

    for (guint i = 0; i < users->len; i++) {
        const ImageUser *user = g_ptr_array_index(users, i);

        if (user->domain == member->domain && !user->snapshot &&
            user->persistent == !member->domain->active && g_str_equal(user->target, target))
            return user->top;
    }

    return NULL;
}

static gboolean
is_on_former_layers(const Undo *self, const UndoMember *member)
{
    for (guint i = 0; i < member->record->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->record->disks, i);
        const Layer *top = find_top(self, member, disk->target);

        if (!top || (!layer_is_at(top, disk->source) && !layer_is_at(top, disk->overlay)))
            return FALSE;
    }

    return TRUE;
}

/* Returns: whether the domain has not run since its state was kept: either it was ended and not
 * started again, or it is still paused. A QEMU that has saved its memory refuses block jobs until
 * it is resumed. */
static gboolean
has_stood_still(const Undo *self, const UndoMember *member)
{
    gboolean was_off = g_str_equal(member->record->state, "shutoff");
    gboolean is_paused = member->domain->active && !member->domain->running;

    if (member->domain->active ? !is_paused || !g_str_equal(member->record->state, "paused")
                               : was_off)
        return FALSE;
    for (guint i = 0; i < member->record->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->record->disks, i);
        const Layer *top = find_top(self, member, disk->target);
        gboolean blank = FALSE;

        if (!layer_is_at(top, disk->overlay) || !layer_is_blank(top, &blank, NULL) || !blank)
            return FALSE;
    }

    return member->record->disks->len > 0;
}

/* Its state is kept, and it has not gone back. One that ran and is off now was ended, by the
 * hypervisor that failed to go back or by somebody else; if it may have run since its state was
 * kept, nothing can be put back, and its memory is not ours to remove. */
static Way
way_when_kept(const Undo *self, const UndoMember *member)
{
    if (has_stood_still(self, member))
        return WAY_BETWEEN;

    return member->domain->active || g_str_equal(member->record->state, "shutoff") ? WAY_KEPT
                                                                                   : WAY_ENDED;
}

static Way
way_of(const Undo *self, const UndoMember *member)
{
    const DomainSurvey *domain = member->domain;
    gboolean internal = g_str_equal(member->record->kind, "internal");
    const SnapshotRecord *kept;

    if (!domain)
        return WAY_GONE;
    kept = domain_survey_snapshot(domain, self->record->snapshot);
    if (!kept)
        return WAY_UNTOUCHED;
    if (apply_kept_in(self->record, kept->xml) != APPLY_KEPT)
        return WAY_OTHERS;
    if (internal ? g_strcmp0(domain->current, self->record->snapshot) == 0
                 : is_on_former_layers(self, member))
        return way_when_kept(self, member);

    return domain->active == !g_str_equal(member->record->after, "shutoff") ? WAY_BACK
                                                                           : WAY_BETWEEN;
}

static gboolean
look_how_far(Undo *self, GError **error)
{
    const GPtrArray *members = self->record->members;

    for (guint i = 0; i < members->len; i++) {
        const SetMember *member = g_ptr_array_index(members, i);
        DomainState state;

        /* A call of libvirt that the killed process began may still be running. */
        if (self->hypervisor->ops->snapshots->state(self->hypervisor, member->uuid, &state,
                                                    NULL) &&
            !self->hypervisor->ops->snapshots->await(self->hypervisor, member->uuid, error))
            return FALSE;
    }
    self->domains = self->hypervisor->ops->layers->survey(self->hypervisor, error);
    self->users = self->domains ? image_users_find(self->domains, error) : NULL;
    if (!self->users)
        return FALSE;
    self->members = g_new0(UndoMember, members->len);
    for (guint i = 0; i < members->len; i++) {
        self->members[i].record = g_ptr_array_index(members, i);
        self->members[i].domain =
            domain_survey_find_uuid(self->domains, self->members[i].record->uuid);
        self->members[i].way = way_of(self, &self->members[i]);
    }

    return TRUE;
}

static guint
count_members_going(const Undo *self, Way way)
{
    guint n = 0;

    for (guint i = 0; i < self->record->members->len; i++)
        n += self->members[i].way == way;

    return n;
}

/* --- whether something would be lost ----------------------------------------------------- */

/* Returns: whether @top is the layer that was made for the way back: where the record says, or,
 * where the hypervisor chose the place, directly on what the snapshot froze. */
static gboolean
is_new_layer(const Undo *self, const UndoMember *member, const SetDisk *disk, const Layer *top)
{
    const SnapshotDef *def =
        image_users_snapshot(self->users, member->domain, self->record->back_to);

    if (disk->next)
        return layer_is_at(top, disk->next);
    for (guint i = 0; def && top->backing && i < def->disks->len; i++) {
        const DiskDef *frozen = g_ptr_array_index(def->disks, i);

        if (g_strcmp0(frozen->target, disk->target) == 0 && frozen->storage->path)
            return layer_is_at(top->backing, frozen->storage->path);
    }

    return FALSE;
}

/* Finds out whether a domain that has gone back has written anything since, which would be lost,
 * or is on layers that somebody else has made since. For an internal snapshot that cannot be found
 * out, so it counts as used. */
static gboolean
was_used(const Undo *self, const UndoMember *member, gboolean *used, GError **error)
{
    gboolean blank = TRUE;

    *used = member->domain->running || g_str_equal(member->record->kind, "internal");
    for (guint i = 0; !*used && i < member->record->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->record->disks, i);
        const Layer *top = find_top(self, member, disk->target);

        if (!top || layer_is_at(top, disk->source) || layer_is_at(top, disk->overlay))
            continue;
        if (is_new_layer(self, member, disk, top) && !layer_is_blank(top, &blank, error))
            return FALSE;
        *used = !blank || !is_new_layer(self, member, disk, top);
    }

    return TRUE;
}

static gboolean
find_used(const Undo *self, const UndoMember **found, GError **error)
{
    *found = NULL;
    for (guint i = 0; !*found && i < self->record->members->len; i++) {
        const UndoMember *member = &self->members[i];
        gboolean used = member->way == WAY_ENDED;

        if ((member->way == WAY_BETWEEN || member->way == WAY_BACK) &&
            !was_used(self, member, &used, error))
            return FALSE;
        if (used)
            *found = member;
    }

    return TRUE;
}

/* --- on, or back ------------------------------------------------------------------------- */

/* Resumes a domain that was to run; it may run already. */
static gboolean
let_member_run(const Undo *self, const UndoMember *member, const char *state, GError **error)
{
    if (!g_str_equal(state, "running") || !member->domain->active)
        return TRUE;

    return self->hypervisor->ops->snapshots->resume(self->hypervisor, member->domain->uuid, error);
}

static gboolean
go_on(const Undo *self, GError **error)
{
    for (guint i = 0; i < self->record->members->len; i++) {
        const UndoMember *member = &self->members[i];

        if (member->domain && !let_member_run(self, member, member->record->after, error))
            return FALSE;
    }
    g_ptr_array_add(self->warnings,
                    g_strdup_printf(_("Going back to '%s' was interrupted when all domains had "
                                      "gone back, and is completed now; their former state is "
                                      "kept as the set '%s'"),
                                    self->record->back_to, self->record->snapshot));

    return apply_record_end(self->hypervisor, self->record, error);
}

static void
remove_new_layers(const Undo *self, const UndoMember *member)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (guint i = 0; i < member->record->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->record->disks, i);

        if (disk->next)
            g_ptr_array_add(paths, disk->next);
        g_ptr_array_add(paths, disk->overlay);
    }
    apply_files_remove_blank(self->hypervisor, paths, self->warnings);
}

/* Fills in the domain as it was before, from the snapshot that keeps its state. */
static void
describe_former(const UndoMember *member, const SnapshotDef *kept, DomainSurvey *was)
{
    *was = *member->domain;
    was->active = !g_str_equal(member->record->state, "shutoff");
    was->running = g_str_equal(member->record->state, "running");
    was->persistent = kept->domain_xml;
    was->current = kept->parent;
}

static gboolean
put_member_back(const Undo *self, const UndoMember *member, GError **error)
{
    const SnapshotDef *kept =
        image_users_snapshot(self->users, member->domain, self->record->snapshot);
    g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func(g_free);
    ApplyPlan plan = {.before = self->record->snapshot};
    const ApplyContext context = {self->hypervisor, &plan, self->record, self->warnings};
    DomainSurvey was;
    ApplyMember former = {.domain = &was,
                          .method = APPLY_BY_OVERLAY,
                          .internal = g_str_equal(member->record->kind, "internal"),
                          .disks = disks,
                          .kept_memory = member->record->memory};

    if (!kept) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("its snapshot '%s' cannot be read"), self->record->snapshot);
        return FALSE;
    }
    describe_former(member, kept, &was);
    for (guint i = 0; i < member->record->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->record->disks, i);
        const Layer *top = find_top(self, member, disk->target);
        ApplyDisk *one = g_new0(ApplyDisk, 1);
        gboolean former_top =
            !top || layer_is_at(top, disk->source) || layer_is_at(top, disk->overlay);

        one->target = disk->target;
        one->overlay = former_top ? disk->overlay : top->path;
        one->kept = disk->overlay;
        one->made = !former_top;
        g_ptr_array_add(disks, one);
    }

    return apply_member_put_back(&context, &former, APPLY_STEP_SWITCHED, error);
}

static gboolean
undo_applied_member(const Undo *self, const UndoMember *member, GError **error)
{
    switch (member->way) {
    case WAY_GONE:
        return TRUE;
    case WAY_OTHERS:
        apply_warn_of_others(self->record, member->domain->name, self->warnings);
        break;
    case WAY_UNTOUCHED:
        if (!apply_unkept_put_back(self->hypervisor, member->record, self->warnings, error))
            return FALSE;
        break;
    case WAY_KEPT:
        if (!let_member_run(self, member, member->record->state, error) ||
            !delete_run_member(self->hypervisor, self->record->collection,
                               self->record->snapshot, member->domain->name, self->warnings,
                               error))
            return FALSE;
        break;
    default:
        return put_member_back(self, member, error);
    }
    if (!let_member_run(self, member, member->record->state, error))
        return FALSE;
    remove_new_layers(self, member);

    return TRUE;
}

static gboolean
undo_all(const Undo *self, GError **error)
{
    for (guint i = 0; i < self->record->members->len; i++) {
        if (!undo_applied_member(self, &self->members[i], error)) {
            g_prefix_error(error, _("Domain '%s': "), self->members[i].record->domain);
            return FALSE;
        }
    }
    g_ptr_array_add(self->warnings,
                    g_strdup_printf(_("The way back to '%s' was interrupted; all domains are put "
                                      "back to where they were"),
                                    self->record->back_to));

    return TRUE;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Lets a member go on that has not gone back. */
static gboolean
leave_member(const Undo *self, const UndoMember *member, GError **error)
{
    if (member->way == WAY_GONE)
        return TRUE;
    if (member->way == WAY_OTHERS)
        apply_warn_of_others(self->record, member->domain->name, self->warnings);
    if (member->way == WAY_UNTOUCHED
            ? !apply_unkept_put_back(self->hypervisor, member->record, self->warnings, error)
            : member->way != WAY_BACK && member->way != WAY_BETWEEN &&
                  !let_member_run(self, member, member->record->state, error))
        return FALSE;
    remove_new_layers(self, member);

    return TRUE;
}

static void
warn_why_left(const Undo *self, const UndoMember *used)
{
    const char *format =
        used->way == WAY_ENDED
            ? _("Going back to '%s' was interrupted, and the domain '%s', which ran, is off now: "
                "nothing is put back. The former state, with its memory, is kept as the set '%s'; "
                "snapshot-apply goes back to it")
            : _("Going back to '%s' was interrupted, and the domain '%s', which had gone back, was "
                "used since: nothing is put back. The former state is kept as the set '%s'");

    g_ptr_array_add(self->warnings,
                    g_strdup_printf(format, self->record->back_to, used->record->domain,
                                    self->record->snapshot));
}

/* The set that stays has only those whose former state it keeps. */
static void
drop_unkept(const Undo *self)
{
    for (guint i = self->record->members->len; i-- > 0;) {
        Way way = self->members[i].way;

        if (way == WAY_GONE || way == WAY_OTHERS || way == WAY_UNTOUCHED)
            g_ptr_array_remove_index(self->record->members, i);
    }
}

static gboolean
leave_as_it_is(const Undo *self, const UndoMember *used, GError **error)
{
    for (guint i = 0; i < self->record->members->len; i++) {
        if (!leave_member(self, &self->members[i], error))
            return FALSE;
    }
    warn_why_left(self, used);
    drop_unkept(self);

    return apply_record_end(self->hypervisor, self->record, error);
}

gboolean
apply_undo(Hypervisor *hypervisor, SetRecord *record, gboolean *keep, GPtrArray *warnings,
           GError **error)
{
    g_auto(Undo) self = {.hypervisor = hypervisor, .record = record, .warnings = warnings};
    const UndoMember *used = NULL;

    *keep = FALSE;
    if (!look_how_far(&self, error))
        return FALSE;
    if (count_members_going(&self, WAY_BACK) == record->members->len) {
        *keep = TRUE;
        return go_on(&self, error);
    }
    if (!find_used(&self, &used, error))
        return FALSE;
    if (!used)
        return undo_all(&self, error);
    *keep = TRUE;

    return leave_as_it_is(&self, used, error);
}
