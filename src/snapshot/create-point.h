/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/storage-def.h"
#include "snapshot/create-look.h"

G_BEGIN_DECLS

/* The reference point of a set that is being made: a checkpoint of each member that runs. Without
 * one in the settings these functions do nothing. */

/** create_point_look_at_disk: Plans that what changes on @disk, of @look's member, is followed, or
 * warns that it cannot be. */
void create_point_look_at_disk(CreateLook *look, const StorageDef *storage, SetDisk *disk);

/** create_point_look_at_member: Looks whether the member can have a checkpoint, when its disks have
 * been looked at. Returns: (element-type utf8): the targets of the disks of which none is made,
 * owned by the caller. */
GPtrArray *create_point_look_at_member(CreateLook *look);

/** create_point_check_followed: Returns: FALSE with INVALID_STATE if a reference point is wanted,
 * and no disk can be followed. */
gboolean create_point_check_followed(const CreatePlan *plan, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * create_point_make:
 * @others: (element-type utf8): as create_point_look_at_member() has it
 *
 * Makes the checkpoint of one member. It has to be there before the snapshot: what a guest writes
 * between the two is then taken for changed, and nothing that is written is missed.
 */
gboolean create_point_make(Hypervisor *hypervisor, const SetRecord *record,
                           const SetMember *member, GPtrArray *others, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** create_point_note: Records of which files and in which runs the disks are followed, when the
 * snapshots are made. */
void create_point_note(Hypervisor *hypervisor, SetRecord *record);

G_END_DECLS
