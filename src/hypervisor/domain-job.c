/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "hypervisor/domain-job.h"

char *
domain_job_describe(const char *job, const char *name)
{
    if (g_str_equal(job, DOMAIN_JOB_MIGRATION))
        return g_strdup_printf(_("it is being migrated to another host; wait for its end, or end "
                                 "the migration ('virsh domjobabort %s')"),
                               name);
    if (g_str_equal(job, DOMAIN_JOB_INCOMING))
        return g_strdup(_("it is being migrated to this host; wait for its end, or end the "
                          "migration on the host that it comes from"));

    return g_strdup_printf(
        _("it is busy with a job (%s; virsh domjobinfo shows it); wait for its end"), job);
}

gboolean
domain_job_locks(const char *job)
{
    return job && !g_str_equal(job, DOMAIN_JOB_BACKUP);
}

gboolean
domain_job_check(Hypervisor *hypervisor, const char *uuid, const char *name, GError **error)
{
    const char *job = hypervisor->ops->snapshots->job(hypervisor, uuid);
    g_autofree char *text = NULL;

    if (!domain_job_locks(job))
        return TRUE;
    text = domain_job_describe(job, name);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("The domain '%s' cannot be changed now: %s"), name, text);

    return FALSE;
}
