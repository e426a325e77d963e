/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/domain-job.h"

G_BEGIN_DECLS

/** libvirt_job_of: Returns: what @domain is busy with, in the words of domain-job.h; NULL if it is
 * not, if it is shut off, or if libvirt does not say. Source: virDomainGetJobStats. */
const char *libvirt_job_of(virDomainPtr domain);

/** libvirt_job_find: HypervisorSnapshotOps.job. */
const char *libvirt_job_find(Hypervisor *hypervisor, const char *uuid);

G_END_DECLS
