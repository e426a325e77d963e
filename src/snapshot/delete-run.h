/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-run.h"
#include "snapshot/delete-plan.h"

G_BEGIN_DECLS

/**
 * delete_run:
 * @control: asked whether to wait or to end, and told of the progress: plan->bytes of it
 * @run: (nullable): told what becomes of each disk; the disks of its plan are those of @plan
 * @warnings: (element-type utf8): gets what could not be put in order
 *
 * Carries a plan out, domain by domain: merges, tells whoever names the merged layers, removes the
 * files that nobody needs any more, and at last what libvirt knows of the snapshot. When it fails
 * or is cancelled every domain has all its data, runs if it ran and starts if it does not; another
 * plan has what is left to do.
 */
gboolean delete_run(Hypervisor *hypervisor, const DeletePlan *plan, Control *control,
                    JobRun *run, GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * delete_run_member:
 * @collection: (nullable): of which @snapshot is a set
 * @domain: its name
 * @warnings: (element-type utf8): likewise
 *
 * Plans and removes the snapshot of one domain, with all that the domain has written since merged.
 */
gboolean delete_run_member(Hypervisor *hypervisor, const char *collection, const char *snapshot,
                           char *domain, GPtrArray *warnings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
