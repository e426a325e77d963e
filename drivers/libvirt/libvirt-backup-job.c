/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-backup-job.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "util/error-private.h"
#include "util/xml.h"

/* How long libvirt may take to end a job that is aborted, and to forget it. When a QEMU with a
 * guest agent ends, it waits for that half a minute itself. */
#define END_US (60 * G_USEC_PER_SEC)

/* --- looking -------------------------------------------------------------------- */

/* Whether libvirt's last error says that there is nothing. */
static gboolean
is_nothing(void)
{
    int code = virGetLastErrorCode();

    return code == VIR_ERR_NO_DOMAIN || code == VIR_ERR_NO_DOMAIN_BACKUP;
}

/* Only backup jobs count; other jobs of the domain are ignored. */
static int
look_at_statistics(virDomainPtr domain)
{
    int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    virTypedParameterPtr params = NULL;
    int type = VIR_DOMAIN_JOB_NONE;
    int n = 0;

    if (virDomainGetJobStats(domain, &type, &params, &n, 0) < 0)
        return is_nothing() || virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID ? 0 : -1;
    virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
    virTypedParamsFree(params, n);

    return type != VIR_DOMAIN_JOB_NONE && operation == VIR_DOMAIN_JOB_OPERATION_BACKUP;
}

/* Returns: the <domainbackup> of the job of @domain, owned by the caller; NULL with libvirt's
 * error. */
static char *
job_definition(virDomainPtr domain)
{
    return libvirt_take_string(virDomainBackupGetXMLDesc(domain, 0));
}

int
libvirt_backup_job_look(virDomainPtr domain)
{
    int there = look_at_statistics(domain);
    g_autofree char *xml = there == 0 ? job_definition(domain) : NULL;

    if (there != 0)
        return there;
    if (xml)
        return 1;

    return is_nothing() ? 0 : -1;
}

static xmlDoc *
parse_definition(const char *xml)
{
    return xml ? xml_parse(xml, strlen(xml), "domainbackup", NULL) : NULL;
}

LibvirtBackupJob
libvirt_backup_job_find(virDomainPtr domain, const char *directory)
{
    g_autofree char *xml = domain ? job_definition(domain) : NULL;
    g_autoptr(xmlDoc) doc = parse_definition(xml);
    g_autofree char *file =
        doc ? xml_text(xmlDocGetRootElement(doc), "./disks/disk/scratch/@file") : NULL;
    g_autofree char *at = file ? g_path_get_dirname(file) : NULL;

    if (!xml)
        return is_nothing() ? LIBVIRT_BACKUP_NONE : LIBVIRT_BACKUP_UNKNOWN;
    if (!doc)
        return LIBVIRT_BACKUP_UNKNOWN;

    return g_strcmp0(at, directory) == 0 ? LIBVIRT_BACKUP_OURS : LIBVIRT_BACKUP_OTHER;
}

/* --- ending ----------------------------------------------------------------------- */

/* What a begin that failed has left is no job to virDomainAbortJob(): the job of each disk is
 * ended, and with the last of them the backup. Returns: whether any was. */
static gboolean
end_disk_jobs(virDomainPtr domain)
{
    g_autofree char *xml = job_definition(domain);
    g_autoptr(xmlDoc) doc = parse_definition(xml);
    g_autoptr(GPtrArray) disks =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./disks/disk[@backup='yes']") : NULL;
    gboolean any = FALSE;

    for (guint i = 0; disks && i < disks->len; i++) {
        g_autofree char *name = xml_attr(g_ptr_array_index(disks, i), "name");

        any |= name && virDomainBlockJobAbort(domain, name,
                                              VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC) == 0;
    }

    return any;
}

static gboolean
abort_job(virDomainPtr domain, GError **error)
{
    virErrorPtr last = virDomainAbortJob(domain) < 0 ? virSaveLastError() : NULL;

    if (!last || end_disk_jobs(domain)) {
        virFreeError(last);
        return TRUE;
    }
    libvirt_error_take(error, last, _("Cannot end the backup job of the domain '%s'"),
                       virDomainGetName(domain));

    return FALSE;
}

/* While QEMU ends, libvirt has its job, but cannot ask it anything. Returns: what
 * libvirt_backup_job_look() says at last. */
static int
look_until_gone(virDomainPtr domain)
{
    gint64 until = g_get_monotonic_time() + END_US;

    while (TRUE) {
        /* Before the look, whose error it would take away. */
        gboolean alive = virConnectIsAlive(virDomainGetConnect(domain)) == 1;
        int there = libvirt_backup_job_look(domain);

        if (there == 0 || !alive || g_get_monotonic_time() >= until)
            return there;
        g_usleep(G_USEC_PER_SEC / 200);
    }
}

static void
tell_still_there(virDomainPtr domain, int there, GError **error)
{
    if (there < 0)
        libvirt_error_set(error,
                          _("Cannot ask whether the backup job of the domain '%s' has ended"),
                          virDomainGetName(domain));
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT,
                    _("The backup job of the domain '%s' does not end"), virDomainGetName(domain));
}

/* The event arrives before libvirt has saved that the job is gone. If an embedded driver ends in
 * between, it still has a job when it is started again, and refuses to begin another one. */
gboolean
libvirt_backup_job_end(virDomainPtr domain, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean aborted = abort_job(domain, &why);
    int there = look_until_gone(domain);

    if (aborted && there == 0)
        return TRUE;
    if (aborted)
        tell_still_there(domain, there, &why);
    if (there == 0)
        why->code = VIRT_SNAP_ERROR_INVALID_STATE;
    else
        error_recode(&why, VIRT_SNAP_ERROR_INVALID_STATE, VIRT_SNAP_ERROR_FAILED);
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}
