/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/* What a running domain is busy with, while libvirt makes everyone wait who wants to change it: for
 * half a minute, and then refuses with the name of a lock. So it is asked before. The words are
 * those of the interface; others are shown as they are. */

#define DOMAIN_JOB_MIGRATION "migration"         /* to another host */
#define DOMAIN_JOB_INCOMING "incoming migration" /* from another host */
#define DOMAIN_JOB_BACKUP "backup"               /* the domain can be changed during one */

/** domain_job_describe: Returns: (transfer full): what @job of the domain @name means for others,
 * and what they can do, as "it is …". */
char *domain_job_describe(const char *job, const char *name);

/** domain_job_locks: Returns: whether @job (nullable) keeps others from changing the domain, and
 * from asking for the state of its disks. */
gboolean domain_job_locks(const char *job);

/** domain_job_check: Returns: FALSE with IN_USE if the domain with that UUID, called @name in the
 * error, has a job during which it cannot be changed. One that is shut off has none. */
gboolean domain_job_check(Hypervisor *hypervisor, const char *uuid, const char *name,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
