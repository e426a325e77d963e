/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-job.h"
#include "drivers/libvirt/libvirt-lookup.h"

/* Jobs whose operation libvirt reports; of other jobs only their existence is known. */
static const char *const operations[] = {
    [VIR_DOMAIN_JOB_OPERATION_START] = "start",
    [VIR_DOMAIN_JOB_OPERATION_SAVE] = "save",
    [VIR_DOMAIN_JOB_OPERATION_RESTORE] = "restore",
    [VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN] = DOMAIN_JOB_INCOMING,
    [VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT] = DOMAIN_JOB_MIGRATION,
    [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT] = "snapshot",
    [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT] = "snapshot revert",
    [VIR_DOMAIN_JOB_OPERATION_DUMP] = "dump",
    [VIR_DOMAIN_JOB_OPERATION_BACKUP] = DOMAIN_JOB_BACKUP,
};

/* libvirt has no figures of a migration on the host to which it goes, and says so: its QEMU driver
 * refuses for nothing else with that code (qemuDomainGetJobStatsInternal()). */
static const char *
job_without_figures(void)
{
    return virGetLastErrorCode() == VIR_ERR_OPERATION_UNSUPPORTED ? DOMAIN_JOB_INCOMING : NULL;
}

const char *
libvirt_job_of(virDomainPtr domain)
{
    virTypedParameterPtr params = NULL;
    int type = VIR_DOMAIN_JOB_NONE;
    int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    int n = 0;

    if (virDomainGetJobStats(domain, &type, &params, &n, 0) < 0)
        return job_without_figures();
    virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
    virTypedParamsFree(params, n);
    if (type == VIR_DOMAIN_JOB_NONE)
        return NULL;

    return operation > 0 && operation < (int)G_N_ELEMENTS(operations) && operations[operation]
               ? operations[operation]
               : "job";
}

const char *
libvirt_job_find(Hypervisor *hypervisor, const char *uuid)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, NULL);

    return domain ? libvirt_job_of(domain) : NULL;
}
