/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/un.h>

#include "drivers/libvirt/libvirt-capture.h"
#include "drivers/libvirt/libvirt-scratch.h"
#include "util/xml.h"

/* How long libvirt may take to end a job, once it was told to. */
#define END_US (30 * G_USEC_PER_SEC)
/* And how long until it has forgotten the job, of whose end it told. */
#define FORGET_US (5 * G_USEC_PER_SEC)

/* Counted references: of the owner, and of libvirt as long as it may call. */
typedef struct {
    HypervisorCapture parent;
    virDomainPtr domain;
    char *scratch; /* directory for QEMU; NULL once it is removed */
    int event;   /* what libvirt calls the subscription, -1: none */
    GMutex lock; /* guards what follows */
    GCond changed;
    gboolean ended;
} LibvirtCapture;

/* Domain jobs that are no backup are none of ours. */
static int
job_operation(virDomainPtr domain, int *operation)
{
    virTypedParameterPtr params = NULL;
    int n = 0;
    int type = VIR_DOMAIN_JOB_NONE;

    *operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    if (virDomainGetJobStats(domain, &type, &params, &n, 0) < 0)
        return -1;
    virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, operation);
    virTypedParamsFree(params, n);

    return type;
}

/* --- beginning ------------------------------------------------------------- */

static char *
describe(GPtrArray *targets, const char *scratch, const char *socket)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "domainbackup", NULL);
    xmlNode *server, *disks;

    xmlDocSetRootElement(doc, root);
    xml_set(root, "mode", "pull");
    server = xml_add(root, "server", NULL);
    xml_set(server, "transport", "unix");
    xml_set(server, "socket", socket);
    disks = xml_add(root, "disks", NULL);
    for (guint i = 0; i < targets->len; i++) {
        const char *target = g_ptr_array_index(targets, i);
        g_autofree char *file = g_strdup_printf("%s/%s.scratch", scratch, target);
        xmlNode *disk = xml_add(disks, "disk", NULL);

        xml_set(disk, "name", target);
        xml_set(disk, "backup", "yes");
        xml_set(disk, "type", "file");
        xml_set(disk, "exportname", target);
        xml_set(xml_add(disk, "scratch", NULL), "file", file);
    }

    return xml_doc_to_string(doc);
}

static gboolean
check_domain(virDomainPtr domain, GError **error)
{
    const char *name = virDomainGetName(domain);
    int active = virDomainIsActive(domain);
    int operation;
    int type = active > 0 ? job_operation(domain, &operation) : VIR_DOMAIN_JOB_NONE;

    if (active < 0 || type < 0) {
        libvirt_error_set(error, _("Cannot capture the state of the domain '%s'"), name);
        return FALSE;
    }
    if (active == 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("Cannot capture the state of the domain '%s': it is not running; export a "
                      "snapshot of it"),
                    name);
        return FALSE;
    }
    if (type != VIR_DOMAIN_JOB_NONE) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("Cannot capture the state of the domain '%s': it has a job already (virsh "
                      "domjobinfo shows it); wait for its end"),
                    name);
        return FALSE;
    }

    return TRUE;
}

static char *
socket_path(const char *scratch, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/nbd.sock", scratch);

    if (strlen(path) < sizeof ((struct sockaddr_un *)NULL)->sun_path)
        return g_steal_pointer(&path);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is too long for the path of a socket; use a directory with a shorter path"),
                path);

    return NULL;
}

static void
on_completed(virConnectPtr connection, virDomainPtr domain, virTypedParameterPtr params, int n,
             void *data)
{
    LibvirtCapture *self = data;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->ended = TRUE;
    g_cond_broadcast(&self->changed);
}

static void
capture_clear(gpointer data)
{
    LibvirtCapture *self = data;

    virDomainFree(self->domain);
    g_free(self->parent.socket);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
}

static void
capture_unref(void *self)
{
    g_atomic_rc_box_release_full(self, capture_clear);
}

static void
capture_free(LibvirtCapture *self)
{
    if (self->event >= 0)
        virConnectDomainEventDeregisterAny(virDomainGetConnect(self->domain), self->event);
    libvirt_scratch_remove(g_steal_pointer(&self->scratch));
    capture_unref(self);
}

static LibvirtCapture *
capture_new(virDomainPtr domain, char *scratch, char *socket)
{
    LibvirtCapture *self = g_atomic_rc_box_new0(LibvirtCapture);

    self->scratch = scratch;
    self->parent.socket = socket;
    virDomainRef(domain);
    self->domain = domain;
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->event = virConnectDomainEventRegisterAny(
        virDomainGetConnect(domain), domain, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
        VIR_DOMAIN_EVENT_CALLBACK(on_completed), g_atomic_rc_box_acquire(self), capture_unref);
    if (self->event < 0)
        capture_unref(self);

    return self;
}

static HypervisorCapture *
begin_in(virDomainPtr domain, GPtrArray *targets, char **scratch, GError **error)
{
    g_autofree char *socket = socket_path(*scratch, error);
    g_autofree char *xml = socket ? describe(targets, *scratch, socket) : NULL;
    LibvirtCapture *self;

    if (!socket)
        return NULL;
    self = capture_new(domain, g_steal_pointer(scratch), g_steal_pointer(&socket));
    if (self->event >= 0 && virDomainBackupBegin(domain, xml, NULL, 0) == 0)
        return &self->parent;
    libvirt_error_set(error, _("Cannot capture the state of the domain '%s'"),
                      virDomainGetName(domain));
    capture_free(self);

    return NULL;
}

HypervisorCapture *
libvirt_capture_begin(virDomainPtr domain, GPtrArray *targets, const LibvirtPlace *place,
                      const char *directory, GError **error)
{
    HypervisorCapture *capture = NULL;
    char *scratch;

    if (!check_domain(domain, error))
        return NULL;
    scratch = libvirt_scratch_make(domain, directory, error);
    if (scratch && libvirt_place_sees(place, virDomainGetConnect(domain), scratch, error))
        capture = begin_in(domain, targets, &scratch, error);
    libvirt_scratch_remove(scratch);

    return capture;
}

/* --- ending ---------------------------------------------------------------- */

static gboolean
await_end(LibvirtCapture *self, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    gint64 until = g_get_monotonic_time() + END_US;

    while (!self->ended) {
        if (g_cond_wait_until(&self->changed, &self->lock, until))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT,
                    _("The backup job of the domain '%s' does not end; virsh domjobabort ends it"),
                    virDomainGetName(self->domain));
        return FALSE;
    }

    return TRUE;
}

/* The event comes before libvirt has noted that there is no job any more. An embedded driver that
 * ends in between finds one when it is started again, and lets nobody else begin one. */
static void
await_forgotten(virDomainPtr domain)
{
    gint64 until = g_get_monotonic_time() + FORGET_US;
    int operation;

    while (job_operation(domain, &operation) > VIR_DOMAIN_JOB_NONE &&
           operation == VIR_DOMAIN_JOB_OPERATION_BACKUP && g_get_monotonic_time() < until)
        g_usleep(G_USEC_PER_SEC / 200);
}

static gboolean
has_ended(LibvirtCapture *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->ended;
}

static gboolean
end_job(LibvirtCapture *self, GError **error)
{
    const char *name = virDomainGetName(self->domain);
    int operation;

    if (has_ended(self) || job_operation(self->domain, &operation) <= VIR_DOMAIN_JOB_NONE ||
        operation != VIR_DOMAIN_JOB_OPERATION_BACKUP) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("The backup job of the domain '%s' ended before all was read; was the "
                      "domain stopped? Export again"),
                    name);
        return FALSE;
    }
    if (virDomainAbortJob(self->domain) < 0) {
        libvirt_error_set(error, _("Cannot end the backup job of the domain '%s'"), name);
        return FALSE;
    }
    if (!await_end(self, error))
        return FALSE;
    await_forgotten(self->domain);

    return TRUE;
}

gboolean
libvirt_capture_end(HypervisorCapture *capture, GError **error)
{
    LibvirtCapture *self = (LibvirtCapture *)capture;
    gboolean ok = end_job(self, error);

    capture_free(self);

    return ok;
}
