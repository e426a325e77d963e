/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "drivers/libvirt/libvirt-backup-job.h"
#include "drivers/libvirt/libvirt-backup.h"
#include "drivers/libvirt/libvirt-checkpoint.h"
#include "drivers/libvirt/libvirt-connection.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-job.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "drivers/libvirt/libvirt-run.h"
#include "drivers/libvirt/libvirt-scratch.h"
#include "util/xml.h"

/* How long libvirt may be away, as while it is restarted, before its job is left to the next
 * export. */
#define AWAY_US (10 * G_USEC_PER_SEC)
#define AGAIN_US (G_USEC_PER_SEC / 5)

/* Counted references: of the owner, and of libvirt as long as it may call. */
typedef struct {
    HypervisorBackup parent;
    virDomainPtr domain;
    char *uri;   /* of the connection, as it was asked for; NULL: libvirt's default */
    LibvirtScratch *scratch; /* NULL once it is removed */
    char *xml;   /* <domainbackup> */
    char *checkpoint; /* <domaincheckpoint>; NULL: none is made */
    int event;   /* what libvirt calls the subscription, -1: none */
    gboolean tried; /* to begin, which may leave a job even if it fails */
    gboolean begun;
    GMutex lock; /* guards what follows */
    gboolean ended; /* libvirt has reported the end of the job */
} LibvirtBackup;

/* --- preparing ------------------------------------------------------------- */

/* @since: (nullable): the checkpoint since which changes are asked for. */
static void
describe_disk(xmlNode *disks, const char *target, const char *since, const char *scratch)
{
    g_autofree char *file = g_strdup_printf("%s/%s.scratch", scratch, target);
    xmlNode *disk = xml_add(disks, "disk", NULL);

    xml_set(disk, "name", target);
    xml_set(disk, "backup", "yes");
    xml_set(disk, "type", "file");
    xml_set(disk, "exportname", target);
    if (since) {
        xml_set(disk, "backupmode", "incremental");
        xml_set(disk, "incremental", since);
        xml_set(disk, "exportbitmap", since);
    }
    xml_set(xml_add(disk, "scratch", NULL), "file", file);
}

static char *
describe_backup(const HypervisorBackupRequest *request, const HypervisorBackup *backup)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "domainbackup", NULL);
    xmlNode *server, *disks;

    xmlDocSetRootElement(doc, root);
    xml_set(root, "mode", "pull");
    server = xml_add(root, "server", NULL);
    xml_set(server, "transport", "unix");
    xml_set(server, "socket", backup->socket);
    disks = xml_add(root, "disks", NULL);
    for (guint i = 0; i < request->targets->len; i++)
        describe_disk(disks, g_ptr_array_index(request->targets, i),
                      g_ptr_array_index(request->since, i), backup->scratch);

    return xml_doc_to_string(doc);
}

static gboolean
check_backup_domain(virDomainPtr domain, GError **error)
{
    const char *name = virDomainGetName(domain);
    int active = virDomainIsActive(domain);
    const char *job = active > 0 ? libvirt_job_of(domain) : NULL;
    g_autofree char *text = job ? domain_job_describe(job, name) : NULL;

    if (active < 0) {
        libvirt_error_set(error, _("Cannot capture the state of the domain '%s'"), name);
        return FALSE;
    }
    if (active == 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("Cannot capture the state of the domain '%s': it does not run any more; "
                      "export again"),
                    name);
        return FALSE;
    }
    if (text) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("Cannot capture the state of the domain '%s': %s"), name, text);
        return FALSE;
    }

    return TRUE;
}

static gboolean
check_socket(const char *path, GError **error)
{
    if (strlen(path) < sizeof ((struct sockaddr_un *)NULL)->sun_path)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is too long for the path of a socket; name a directory with a shorter path "
                  "with --scratch"),
                path);

    return FALSE;
}

static void
on_completed(virConnectPtr connection, virDomainPtr domain, virTypedParameterPtr params, int n,
             void *data)
{
    LibvirtBackup *self = data;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->ended = TRUE;
}

static void
backup_clear(gpointer data)
{
    LibvirtBackup *self = data;

    virDomainFree(self->domain);
    g_free(self->uri);
    g_free(self->parent.socket);
    g_free(self->parent.scratch);
    g_free(self->xml);
    g_free(self->checkpoint);
    g_mutex_clear(&self->lock);
}

static void
backup_unref(void *self)
{
    g_atomic_rc_box_release_full(self, backup_clear);
}

static void
backup_free(LibvirtBackup *self)
{
    if (self->event >= 0)
        virConnectDomainEventDeregisterAny(virDomainGetConnect(self->domain), self->event);
    libvirt_scratch_free(self->scratch);
    backup_unref(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtBackup, backup_free)

static gboolean
subscribe(LibvirtBackup *self, GError **error)
{
    self->event = virConnectDomainEventRegisterAny(
        virDomainGetConnect(self->domain), self->domain, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
        VIR_DOMAIN_EVENT_CALLBACK(on_completed), g_atomic_rc_box_acquire(self), backup_unref);
    if (self->event >= 0)
        return TRUE;
    backup_unref(self);
    libvirt_error_set(error, _("Cannot watch the domain '%s'"), virDomainGetName(self->domain));

    return FALSE;
}

static HypervisorBackup *
backup_prepare(Hypervisor *hypervisor, const HypervisorBackupRequest *request, GError **error)
{
    g_autoptr(LibvirtBackup) self = g_atomic_rc_box_new0(LibvirtBackup);

    g_mutex_init(&self->lock);
    self->event = -1;
    self->uri = g_strdup(((LibvirtHypervisor *)hypervisor)->uri);
    self->domain = libvirt_domain_by_name(libvirt_connection(hypervisor), request->domain, error);
    if (!self->domain || !check_backup_domain(self->domain, error))
        return NULL;
    self->scratch = libvirt_scratch_make(self->domain, request->scratch, error);
    if (!self->scratch)
        return NULL;
    self->parent.scratch = g_strdup(libvirt_scratch_path(self->scratch));
    self->parent.socket = g_strdup(libvirt_scratch_socket(self->scratch));
    if (!check_socket(self->parent.socket, error) ||
        !hypervisor->ops->sees(hypervisor, self->parent.scratch, error) || !subscribe(self, error))
        return NULL;
    self->xml = describe_backup(request, &self->parent);
    if (request->checkpoint)
        self->checkpoint = libvirt_checkpoint_describe(request->checkpoint);

    return &g_steal_pointer(&self)->parent;
}

/* --- beginning and ending ---------------------------------------------------- */

static gboolean
backup_begin(HypervisorBackup *backup, GError **error)
{
    LibvirtBackup *self = (LibvirtBackup *)backup;

    self->tried = TRUE;
    self->begun = virDomainBackupBegin(self->domain, self->xml, self->checkpoint, 0) == 0;
    if (!self->begun)
        libvirt_error_set(error, _("Cannot capture the state of the domain '%s'"),
                          virDomainGetName(self->domain));

    return self->begun;
}

static gboolean
was_told(LibvirtBackup *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->ended;
}

static HypervisorBackupState
backup_state(HypervisorBackup *backup)
{
    LibvirtBackup *self = (LibvirtBackup *)backup;
    int there;

    if (!self->begun)
        return HYPERVISOR_BACKUP_HOLDS;
    there = was_told(self) ? 0 : libvirt_backup_job_look(self->domain);
    if (there == 0)
        return HYPERVISOR_BACKUP_ENDED;

    return there < 0 && virConnectIsAlive(virDomainGetConnect(self->domain)) == 1
               ? HYPERVISOR_BACKUP_ENDS
               : HYPERVISOR_BACKUP_HOLDS;
}

/* Looks through a new connection. *@domain: (out): owned by the caller, NULL: it is gone, or
 * libvirt is. */
static LibvirtBackupJob
look_anew(const LibvirtBackup *self, virDomainPtr *domain)
{
    gint64 until = g_get_monotonic_time() + AWAY_US;
    LibvirtBackupJob there = LIBVIRT_BACKUP_UNKNOWN;
    unsigned char uuid[VIR_UUID_BUFLEN];

    virDomainGetUUID(self->domain, uuid);
    for (gint64 now; (now = g_get_monotonic_time()) < until; g_usleep(AGAIN_US)) {
        virConnectPtr connection = libvirt_connect_within(self->uri, until - now);

        if (!connection)
            continue;
        *domain = virDomainLookupByUUID(connection, uuid);
        there = libvirt_backup_job_find(*domain, self->parent.scratch);
        /* The domain holds the connection. */
        virConnectClose(connection);
        if (there != LIBVIRT_BACKUP_UNKNOWN)
            break;
        g_clear_pointer(domain, virDomainFree);
    }

    return there;
}

/* Looks for the job, which survives a restart of libvirtd: through a new connection where that was
 * lost. */
static LibvirtBackupJob
look_for_job(LibvirtBackup *self, virDomainPtr *again, GError **error)
{
    LibvirtBackupJob there;

    if (self->begun && was_told(self))
        return LIBVIRT_BACKUP_NONE;
    there = libvirt_backup_job_find(self->domain, self->parent.scratch);
    if (there != LIBVIRT_BACKUP_UNKNOWN)
        return there;
    libvirt_error_set(error, _("Cannot end the backup job of the domain '%s'"),
                      virDomainGetName(self->domain));
    if (virConnectIsAlive(virDomainGetConnect(self->domain)) == 1)
        return LIBVIRT_BACKUP_UNKNOWN;
    there = look_anew(self, again);
    if (there != LIBVIRT_BACKUP_UNKNOWN)
        g_clear_error(error);
    /* What was asked for before the connection was lost may still be going to begin. */
    if (there != LIBVIRT_BACKUP_OURS && !self->begun)
        libvirt_scratch_leave(g_steal_pointer(&self->scratch));

    return there;
}

static gboolean
end_job(LibvirtBackup *self, GError **error)
{
    g_autoptr(LibvirtDomain) again = NULL;
    LibvirtBackupJob there = look_for_job(self, &again, error);
    g_autoptr(GError) why = NULL;

    if (there == LIBVIRT_BACKUP_UNKNOWN)
        return FALSE;
    if (there == LIBVIRT_BACKUP_OURS &&
        libvirt_backup_job_end(again ? again : self->domain, &why))
        return TRUE;
    if (why && !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!self->begun)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The backup job of the domain '%s' ended before all was read (was the "
                  "domain shut off?), and the moment that it held is gone; export again"),
                virDomainGetName(self->domain));

    return FALSE;
}

static gboolean
backup_end(HypervisorBackup *backup, GError **error)
{
    g_autoptr(LibvirtBackup) self = (LibvirtBackup *)backup;
    g_autoptr(GError) why = NULL;

    if (!self->tried || end_job(self, &why))
        return TRUE;
    /* QEMU may still use the files in the directory. */
    if (self->scratch && !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE))
        libvirt_scratch_leave(g_steal_pointer(&self->scratch));
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* --- what others have left ------------------------------------------------------ */

static gboolean
end_left_job(virDomainPtr domain, GPtrArray *said)
{
    g_autoptr(GError) error = NULL;

    if (!libvirt_backup_job_end(domain, &error) &&
        !g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE)) {
        g_ptr_array_add(said, g_strdup(error->message));
        return FALSE;
    }
    g_ptr_array_add(said, g_strdup_printf(_("Domain '%s': a backup job that an earlier export "
                                            "left behind was ended"),
                                          virDomainGetName(domain)));

    return TRUE;
}

/* A domain that is not found is gone only where the job was begun: elsewhere it may run, and QEMU
 * write. */
static gboolean
end_left(const LibvirtScratchLeft *left, virConnectPtr connection, GPtrArray *said)
{
    g_autoptr(LibvirtDomain) domain = virDomainLookupByUUIDString(connection, left->uuid);
    LibvirtBackupJob there = libvirt_backup_job_find(domain, left->path);
    g_autoptr(GError) why = NULL;

    if (there == LIBVIRT_BACKUP_OURS)
        return end_left_job(domain, said);
    if (there == LIBVIRT_BACKUP_UNKNOWN) {
        libvirt_error_set(&why, _("'%s', which an earlier export left behind, stays: whether a "
                                  "backup job still writes to it cannot be told"), left->path);
        g_ptr_array_add(said, g_strdup(why->message));
        return FALSE;
    }
    if (left->here || (!left->origin && domain))
        return TRUE;
    g_ptr_array_add(said,
                    g_strdup_printf(_("'%s', which an export of the domain with the UUID %s left "
                                      "behind (at: %s), stays: a live export from there removes "
                                      "it; without one, remove it once no backup job writes to it"),
                                    left->path, left->uuid, left->origin ? left->origin : "?"));

    return FALSE;
}

static GPtrArray *
backup_clean_up(Hypervisor *hypervisor, const char *scratch)
{
    GPtrArray *said = g_ptr_array_new_with_free_func(g_free);

    libvirt_scratch_sweep(hypervisor, scratch, end_left, said);

    return said;
}

const HypervisorBackupOps libvirt_backup_ops = {
    .clean_up = backup_clean_up,
    .prepare = backup_prepare,
    .begin = backup_begin,
    .state = backup_state,
    .end = backup_end,
    .checkpoints = libvirt_checkpoints,
    .find_checkpoint = libvirt_checkpoint_find,
    .create_checkpoint = libvirt_checkpoint_create,
    .delete_checkpoint = libvirt_checkpoint_delete,
    .find_run = libvirt_run_find,
};
