/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "archive/origin.h"
#include "snapshot/convert-set.h"
#include "snapshot/frozen-time.h"
#include "snapshot/reference-point.h"
#include "snapshot/set-point.h"

/* --- can it be one ------------------------------------------------------------------- */

static gboolean
is_standard(const SetRecord *record)
{
    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);

        if (member->memory || g_str_equal(member->kind, "internal"))
            return TRUE;
    }

    return FALSE;
}

/* A checkpoint cannot be made afterwards, so the set must have been made with one. */
static gboolean
check_made_with_point(const SetRecord *record, const char *snapshot, GError **error)
{
    if (record && record->point)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                !record ? _("The snapshot collection '%s' was not made by virtsnap, and has no "
                            "checkpoints of its moment; 'snapshot-create-as --reference-point' "
                            "makes one that has, 'reference-point-create' a reference point of now")
                : is_standard(record)
                    ? _("The snapshot collection '%s' is a standard one, with memory or inside the "
                        "images, and only recovery sets can become reference points; "
                        "'snapshot-create-as --reference-point' makes one that can")
                    : _("The snapshot collection '%s' was made without checkpoints of its moment; "
                        "'snapshot-create-as --reference-point' makes one that has them, "
                        "'reference-point-create' a reference point of now"),
                snapshot);

    return FALSE;
}

static gboolean
check_all_members(const SetState *state, GPtrArray *domains, GError **error)
{
    for (guint i = 0; i < state->members->len; i++) {
        const SetStateMember *member = g_ptr_array_index(state->members, i);

        if (!member->record ||
            g_ptr_array_find_with_equal_func(domains, member->domain, g_str_equal, NULL))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' is in the snapshot collection '%s', but not in the "
                      "collection any more; add it again, and then convert or delete that"),
                    member->domain, state->record->snapshot);
        return FALSE;
    }

    return TRUE;
}

static gboolean
check_whole_set(const SetState *state, GError **error)
{
    if (!set_state_is_partial(state))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The snapshot collection '%s' is partial, as 'snapshot-info' shows; remove it "
                  "with 'snapshot-delete': the next export compares the disks"),
                state->record->snapshot);

    return FALSE;
}

/* --- is what has changed known ---------------------------------------------------------- */

static gboolean
not_known(const SetRecord *record, const SetMember *member, const char *why, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Domain '%s': what has changed since the snapshot '%s' is not known any more "
                  "(%s); remove that with 'snapshot-delete': the next export compares the disks"),
                member->domain, record->snapshot, why);

    return FALSE;
}

/* Whether what the snapshot froze of the disk is in another image now, for that was merged into the
 * one below when an earlier set was removed. */
static gboolean
is_merged_below(const SetStateMember *member, const SetDisk *disk)
{
    for (guint i = 0; member->def && i < member->def->disks->len; i++) {
        const DiskDef *now = g_ptr_array_index(member->def->disks, i);

        if (g_strcmp0(now->target, disk->target) == 0)
            return g_strcmp0(now->storage->path, disk->source) != 0;
    }

    return FALSE;
}

static char *
written_last(const Origin *image)
{
    const OriginTime time = frozen_time_of(image->path, image->inode, image->modified);

    return origin_time_format(&time);
}

/* What others write to a frozen image no bitmap has. That shows in its time, and so does what
 * libvirt does there when another program has it remove a checkpoint. */
static gboolean
check_unwritten(const SetRecord *record, const SetMember *member, const SetDisk *disk,
                GError **error)
{
    g_autoptr(Origin) now = disk->written ? origin_of(disk->source) : NULL;
    g_autofree char *written = now ? written_last(now) : NULL;
    g_autofree char *why = NULL;

    if (!disk->followed || !disk->written)
        return TRUE;
    if (now && now->device == disk->device && now->inode == disk->inode &&
        g_str_equal(written, disk->written))
        return TRUE;
    why = g_strdup_printf(_("'%s' was written to since then, or is another file; removing another "
                            "checkpoint of the domain does that, too"),
                          disk->source);

    return not_known(record, member, why, error);
}

static gboolean
may_convert(Hypervisor *hypervisor, const SetRecord *record, const SetStateMember *member,
            GError **error)
{
    const SetMember *recorded = member->record;
    g_autoptr(GError) why = NULL;
    g_autoptr(HypervisorCheckpoint) checkpoint = NULL;

    if (!recorded || !set_point_has(recorded))
        return TRUE;
    checkpoint = set_point_find(hypervisor, record, recorded, &why);
    if (!checkpoint || checkpoint->broken)
        return not_known(record, recorded, checkpoint ? checkpoint->reason : why->message, error);
    for (guint i = 0; i < recorded->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(recorded->disks, i);

        if (!is_merged_below(member, disk) && !check_unwritten(record, recorded, disk, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
check_members(Hypervisor *hypervisor, const SetState *state, GError **error)
{
    for (guint i = 0; i < state->members->len; i++) {
        if (!may_convert(hypervisor, state->record, g_ptr_array_index(state->members, i), error))
            return FALSE;
    }

    return TRUE;
}

SetState *
convert_look(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
             const char *snapshot, GError **error)
{
    g_autoptr(SetState) state =
        set_state_new(hypervisor, collection, domains, snapshot, error);

    if (!state || !check_made_with_point(state->record, snapshot, error) ||
        !check_all_members(state, domains, error))
        return NULL;
    /* A conversion that has begun was looked at before, and has removed some of the set since. */
    if (!state->record->converting && (!check_whole_set(state, error) ||
                                       !check_members(hypervisor, state, error)))
        return NULL;

    return g_steal_pointer(&state);
}

gboolean
convert_mark(const SetState *state, GError **error)
{
    for (guint i = 0; i < state->records->len; i++) {
        SetRecord *record = g_ptr_array_index(state->records, i);

        if (record != state->record)
            continue;
        record->converting = TRUE;
        return set_store_save(record, error);
    }

    return TRUE;
}

/* --- what is not known afterwards ---------------------------------------------------------- */

/* Whether the disk is in the run of its hypervisor in which its checkpoint was made. */
static gboolean
is_same_run(const SetDisk *disk, const char *run)
{
    const char *index = disk->run ? strrchr(disk->run, ' ') : NULL;
    g_autofree char *now = index ? reference_point_run(run, index + 1) : NULL;

    return now && g_str_equal(now, disk->run);
}

static const char *
why_not_followed(Hypervisor *hypervisor, const SetStateMember *member)
{
    g_autofree char *run = hypervisor->ops->backups->find_run(hypervisor, member->record->uuid);

    for (guint i = 0; i < member->record->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->record->disks, i);

        if (disk->followed && is_merged_below(member, disk))
            return _("an earlier set was removed meanwhile, by which its image was merged into "
                     "another one");
        if (disk->followed && !is_same_run(disk, run))
            return _("the domain was shut off or started anew since then, and what others write "
                     "to an image is in no bitmap");
    }

    return NULL;
}

/* Returns: why exports will not believe the bitmaps of @member, owned by the caller; NULL: they
 * may. */
static char *
why_compared(Hypervisor *hypervisor, const SetRecord *record, const SetStateMember *member)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(HypervisorCheckpoint) checkpoint = NULL;

    if (!set_point_has(member->record))
        return g_strdup(_("it has no checkpoint: it was shut off, or has no disk that can be "
                          "followed"));
    checkpoint = set_point_find(hypervisor, record, member->record, &why);
    if (!checkpoint)
        return g_strdup(why->message);
    if (checkpoint->broken)
        return g_strdup(checkpoint->reason);

    return g_strdup(why_not_followed(hypervisor, member));
}

void
convert_tell(Hypervisor *hypervisor, const SetState *state, GPtrArray *warnings)
{
    for (guint i = 0; i < state->members->len; i++) {
        const SetStateMember *member = g_ptr_array_index(state->members, i);
        g_autofree char *why =
            member->record ? why_compared(hypervisor, state->record, member) : NULL;

        if (why)
            g_ptr_array_add(warnings,
                            g_strdup_printf(_("Domain '%s': the next export compares its disks "
                                              "with the base (%s)"),
                                            member->domain, why));
    }
}
