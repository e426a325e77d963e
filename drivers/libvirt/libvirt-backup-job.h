/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "util/error.h"

G_BEGIN_DECLS

/* The backup job of a domain: whose it is, and its end. A begin that fails may leave one that runs:
 * the statistics of jobs know nothing of it, but libvirt has its definition. */

typedef enum {
    LIBVIRT_BACKUP_NONE,    /* there is none, or the domain is shut off or gone */
    LIBVIRT_BACKUP_OURS,
    LIBVIRT_BACKUP_OTHER,   /* somebody else's */
    LIBVIRT_BACKUP_UNKNOWN, /* libvirt could not be asked */
} LibvirtBackupJob;

/**
 * libvirt_backup_job_look:
 *
 * Returns: 1 if @domain has a backup job, 0 if it has none or does not run, -1 with libvirt's
 * error. Source: virDomainGetJobStats, virDomainBackupGetXMLDesc.
 */
int libvirt_backup_job_look(virDomainPtr domain);

/**
 * libvirt_backup_job_find:
 * @domain: (nullable): the result of a lookup that was done directly before
 * @directory: ours, in which the job's scratch files are
 *
 * Returns: whether @domain has that job; UNKNOWN with libvirt's error.
 */
LibvirtBackupJob libvirt_backup_job_find(virDomainPtr domain, const char *directory);

/**
 * libvirt_backup_job_end:
 * @domain: has a backup job
 *
 * Ends the job and waits until libvirt has forgotten it. INVALID_STATE if it had ended by itself.
 */
gboolean libvirt_backup_job_end(virDomainPtr domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
