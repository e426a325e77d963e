/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "snapshot/moment.h"

G_BEGIN_DECLS

/* The plan to create a snapshot collection, checked before anything is changed. */

/** The settings for a new snapshot collection. */
typedef struct {
    MomentLevel level;
    gboolean by_default;  /* the level is nobody's choice: a member that is active alone goes on,
                           * for the disks of one domain are of one moment in any case */
    gboolean memory;      /* include the memory of running members, which are paused for that */
    gboolean internal;    /* internal snapshots instead of overlays; for running members always with
                           * their memory */
    gboolean best_effort; /* as in MomentOptions */
    gboolean reference_point; /* what changes from the moment on is followed, and the set can be
                               * converted to a reference point */
    guint timeout;        /* seconds; 0: the default */
    const GPtrArray *exclude; /* VirtSnapExclude: disks that are left out, not owned; NULL: none */
} CreateSettings;

/** What will be done. */
typedef struct {
    SetRecord *record; /* incomplete record of the members with the disks that get an overlay */
    CreateSettings settings;
    GPtrArray *documents; /* char*: a <domainsnapshot> for each member */
    GPtrArray *others;    /* GPtrArray of char*: for each the targets of the disks that no
                           * checkpoint is made of */
    GPtrArray *warnings;  /* char* */
} CreatePlan;

/** create_settings_default: Sets what holds where nothing is said: all members are of one moment,
 * as if the power had failed. */
void create_settings_default(CreateSettings *self);

/** create_settings_choose: Sets a level that somebody has chosen. */
void create_settings_choose(CreateSettings *self, MomentLevel level);

/** create_settings_check: Returns: FALSE with INVALID_PARAMETER if the settings contradict each
 * other; otherwise sets the level that follows from the others. */
gboolean create_settings_check(CreateSettings *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** create_check_name: Returns: FALSE with INVALID_PARAMETER if libvirt takes no snapshot with
 * @name. */
gboolean create_check_name(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** create_default_name: Returns: the present time as the name of a snapshot, YYYYMMDDTHHMMSSZ,
 * owned by the caller. */
char *create_default_name(void);

/**
 * create_plan:
 * @collection: (nullable): name; NULL: an unnamed one
 * @domains: (element-type utf8): names, ids or UUIDs of its members
 * @settings: settings, already checked
 *
 * Checks every member without changing anything. One error lists all obstacles of all members and
 * has the code of the first one: names or paths that exist (ALREADY_EXISTS), jobs (IN_USE), a
 * managed save image (INVALID_STATE), disks of which no such snapshot can be taken and chains that
 * are too long (NOT_SUPPORTED), no space, and with a reference point that no disk of any member can
 * be followed (INVALID_STATE). Single disks of which that is so are warnings of the plan.
 *
 * Returns: owned by the caller.
 */
CreatePlan *create_plan(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
                        const char *snapshot, const CreateSettings *settings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** create_plan_free: NULL is fine. */
void create_plan_free(CreatePlan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CreatePlan, create_plan_free)

G_END_DECLS
