/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "drivers/libvirt/libvirt-backup-job.h"

#include <libvirt/virterror.h>

/* How a backup job ends while QEMU does: libvirt's test driver knows no such jobs, so what libvirt
 * is asked is answered here. */

#define XML "<domainbackup><disks><disk name='vda'/></disks></domainbackup>"

static int abort_code;   /* with which the job cannot be aborted; 0: it can */
static int unanswered;   /* how many more looks fail */
static int looked;
static int definitions;  /* how many more times there is a job */
static gboolean alive;

static virError last;    /* libvirt's last error */

static int
fail(int code, const char *message)
{
    last = (virError){.code = code, .message = (char *)message};

    return -1;
}

/* In place of libvirt's, as all that follows. */
int
virGetLastErrorCode(void)
{
    return last.code;
}

virErrorPtr
virSaveLastError(void)
{
    virError *copy = g_memdup2(&last, sizeof last);

    copy->message = g_strdup(last.message);

    return copy;
}

int
virDomainAbortJob(virDomainPtr domain)
{
    return abort_code ? fail(abort_code, "client socket is closed") : 0;
}

int
virDomainGetJobStats(virDomainPtr domain, int *type, virTypedParameterPtr *params, int *n,
                     unsigned int flags)
{
    looked++;
    if (unanswered > 0) {
        unanswered--;
        return fail(VIR_ERR_INTERNAL_ERROR, "End of file from monitor");
    }
    *type = VIR_DOMAIN_JOB_NONE;
    *params = NULL;
    *n = 0;

    return 0;
}

char *
virDomainBackupGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
    if (definitions-- > 0)
        return strdup(XML);
    fail(VIR_ERR_NO_DOMAIN_BACKUP, "no backup job");

    return NULL;
}

int
virDomainBlockJobAbort(virDomainPtr domain, const char *disk, unsigned int flags)
{
    return -1;
}

int
virConnectIsAlive(virConnectPtr connection)
{
    last.code = 0;

    return alive;
}

typedef struct {
    virConnectPtr connection;
    virDomainPtr domain;
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    abort_code = unanswered = looked = definitions = 0;
    alive = TRUE;
    self->connection = virConnectOpen("test:///default");
    g_assert_nonnull(self->connection);
    self->domain = virDomainLookupByName(self->connection, "test");
    g_assert_nonnull(self->domain);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    virDomainFree(self->domain);
    virConnectClose(self->connection);
}

static void
test_aborted(Fixture *self, gconstpointer data)
{
    GError *error = NULL;

    definitions = 3;
    g_assert_true(libvirt_backup_job_end(self->domain, &error));
    g_assert_no_error(error);
    g_assert_cmpint(looked, ==, 4);
}

/* It is aborted, and QEMU ends before libvirt has been asked whether the job is gone. */
static void
test_ends_after(Fixture *self, gconstpointer data)
{
    GError *error = NULL;

    unanswered = 3;
    g_assert_true(libvirt_backup_job_end(self->domain, &error));
    g_assert_no_error(error);
    g_assert_cmpint(looked, ==, 4);
}

/* QEMU's end is why it cannot be aborted: nobody uses its files any more. */
static void
test_ends_before(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    abort_code = VIR_ERR_INTERNAL_ERROR;
    unanswered = 2;
    definitions = 2;
    g_assert_false(libvirt_backup_job_end(self->domain, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, "'test': client socket is closed"));
    g_assert_cmpint(looked, >, 3);
}

/* Libvirt itself ends: whether QEMU does is not known. */
static void
test_lost(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    abort_code = VIR_ERR_OPERATION_INVALID;
    unanswered = G_MAXINT;
    alive = FALSE;
    g_assert_false(libvirt_backup_job_end(self->domain, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "'test': client socket is closed"));
    g_assert_cmpint(looked, ==, 1);
}

static void
test_lost_after(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    unanswered = G_MAXINT;
    alive = FALSE;
    g_assert_false(libvirt_backup_job_end(self->domain, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "End of file from monitor"));
    g_assert_cmpint(looked, ==, 1);
}

#define ADD(name, function)                                                                        \
    g_test_add("/libvirt-backup-job/" name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("aborted", test_aborted);
    ADD("ends-after", test_ends_after);
    ADD("ends-before", test_ends_before);
    ADD("lost", test_lost);
    ADD("lost-after", test_lost_after);

    return g_test_run();
}
