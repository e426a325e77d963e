/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "snapshot/moment.h"

G_BEGIN_DECLS

/* A snapshot collection that is to be made: looked at before anything is changed. */

/** How it is wanted. */
typedef struct {
    MomentLevel level;
    gboolean memory;      /* with the memory of those that run, which are paused for it */
    gboolean internal;    /* inside the images, not as overlays; of those that run always with their
                           * memory */
    gboolean best_effort; /* as MomentOptions */
    guint timeout;        /* seconds; 0: the default */
} CreateSettings;

/** What is going to be done. */
typedef struct {
    SetRecord *record; /* its members with the disks that get an overlay; not complete */
    CreateSettings settings;
    GPtrArray *documents; /* char*: a <domainsnapshot> for each member */
} CreatePlan;

/** create_settings_check: Returns: FALSE with INVALID_PARAMETER if @self cannot be had together;
 * otherwise its level is what follows from the rest. */
gboolean create_settings_check(CreateSettings *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** create_default_name: Returns: the present time as the name of a snapshot, YYYYMMDDTHHMMSSZ,
 * owned by the caller. */
char *create_default_name(void);

/**
 * create_plan:
 * @collection: (nullable): name; NULL: an unnamed one
 * @domains: (element-type utf8): its members, as they were named
 * @settings: checked
 *
 * Looks at every member, and changes nothing. All that is in the way, of all of them, is in one
 * error, whose code is that of the first: names or paths that are taken (ALREADY_EXISTS), jobs
 * (IN_USE), a managed save (INVALID_STATE), disks of which no such snapshot can be taken, chains
 * that are too long (NOT_SUPPORTED), no space.
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
