/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/plan-saved.h"

/* Returns: (nullable): the first snapshot that is said to be of a domain that was shut off, though
 * that is not known of it. Those that virtsnap made are known: it makes none of a saved domain. */
static PlanSnapshot *
find_doubtful(const PlanDomain *domain)
{
    for (guint i = 0; i < domain->snapshots->len; i++) {
        PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, i);

        if (g_strcmp0(snapshot->def->state, "shutoff") == 0 &&
            g_strcmp0(snapshot->consistency, consistency_name(CONSISTENCY_OFFLINE)) != 0)
            return snapshot;
    }

    return NULL;
}

static char *
describe_present(const PlanDomain *domain)
{
    return g_strdup_printf(
        _("Domain '%s': it is saved, not shut off: its disks are as if the power had failed, and "
          "the saved memory that goes with them is no part of the export; start it and export "
          "again"),
        domain->name);
}

/* Nobody records whether the domain was saved before the snapshot or after it. */
static char *
describe_snapshot(const PlanDomain *domain, const PlanSnapshot *snapshot)
{
    return g_strdup_printf(
        _("Domain '%s': it is saved, and may have been when its snapshot '%s' was taken; then the "
          "disks are as if the power had failed, and the saved memory that goes with them is no "
          "part of the export; start the domain and take a new snapshot"),
        domain->name, snapshot->def->name);
}

gboolean
plan_saved_check(Plan *plan, const PlanDomain *domain, GError **error)
{
    PlanSnapshot *snapshot = domain->saved ? find_doubtful(domain) : NULL;
    g_autofree char *text = NULL;

    if (!snapshot)
        return TRUE;
    if (plan_is_passing(plan))
        snapshot->reason = consistency_reason_name(CONSISTENCY_REASON_SAVED);
    if (!plan->settings->storage)
        return TRUE;
    text = plan_is_passing(plan) ? describe_present(domain) : describe_snapshot(domain, snapshot);
    if (!plan->settings->strict) {
        plan_warn(plan, "%s", text);
        return TRUE;
    }
    g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE, text);

    return FALSE;
}
