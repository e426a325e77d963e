/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-backup.h"
#include "drivers/libvirt/libvirt-boot.h"
#include "drivers/libvirt/libvirt-connection.h"
#include "drivers/libvirt/libvirt-define.h"
#include "drivers/libvirt/libvirt-domains.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-events.h"
#include "drivers/libvirt/libvirt-host.h"
#include "drivers/libvirt/libvirt-hypervisor.h"
#include "drivers/libvirt/libvirt-layers.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-pools.h"
#include "drivers/libvirt/libvirt-present.h"
#include "drivers/libvirt/libvirt-private.h"
#include "drivers/libvirt/libvirt-snapshots.h"
#include "drivers/libvirt/libvirt-still.h"
#include "drivers/libvirt/libvirt-directories.h"

static char *
format_version(unsigned long version)
{
    return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
                           version % 1000);
}

static HostInfo *
hypervisor_host_info(Hypervisor *hypervisor, GError **error)
{
    virConnectPtr connection = ((LibvirtHypervisor *)hypervisor)->connection;
    g_autoptr(HostInfo) info = g_new0(HostInfo, 1);
    const char *type = virConnectGetType(connection);
    unsigned long version = 0;
    unsigned long libvirt_version = 0;

    if (!type || virConnectGetVersion(connection, &version) < 0 ||
        virConnectGetLibVersion(connection, &libvirt_version) < 0) {
        libvirt_error_set(error, _("Cannot ask libvirt for its version"));
        return NULL;
    }
    info->type = g_strdup(type);
    info->version = format_version(version);
    info->libvirt_version = format_version(libvirt_version);
    info->uri = libvirt_take_string(virConnectGetURI(connection));
    info->tpm_states = libvirt_tpm_states(info->uri);
    if (info->uri)
        info->host = libvirt_take_string(virConnectGetHostname(connection));
    if (!info->host) {
        libvirt_error_set(error, _("Cannot ask libvirt for its host name"));
        return NULL;
    }

    return g_steal_pointer(&info);
}

static gboolean
hypervisor_sees(Hypervisor *hypervisor, const char *path, GError **error)
{
    LibvirtHypervisor *self = (LibvirtHypervisor *)hypervisor;

    return libvirt_place_sees(self->place, self->connection, path, error);
}

static GPtrArray *
hypervisor_list_domains(Hypervisor *hypervisor, GError **error)
{
    return libvirt_domain_names(((LibvirtHypervisor *)hypervisor)->connection, error);
}

static virDomainPtr
hypervisor_look_up(Hypervisor *hypervisor, const char *name, GError **error)
{
    return libvirt_domain_by_name(((LibvirtHypervisor *)hypervisor)->connection, name, error);
}

static char *
hypervisor_find_domain(Hypervisor *hypervisor, const char *word, GError **error)
{
    virConnectPtr connection = ((LibvirtHypervisor *)hypervisor)->connection;
    g_autoptr(LibvirtDomain) domain = libvirt_domain_find(connection, word, error);

    return domain ? g_strdup(virDomainGetName(domain)) : NULL;
}

static GPtrArray *
hypervisor_list_snapshots(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(LibvirtDomain) domain = hypervisor_look_up(hypervisor, name, error);

    return domain ? libvirt_snapshot_names(domain, error) : NULL;
}

static DomainRecord *
hypervisor_resolve(Hypervisor *hypervisor, const char *name, const char *snapshot, gboolean all,
                   gboolean secure, GError **error)
{
    g_autoptr(LibvirtDomain) domain = hypervisor_look_up(hypervisor, name, error);

    return domain ? libvirt_snapshot_resolve(domain, snapshot, all, secure, error) : NULL;
}

static DomainRecord *
present_state(Hypervisor *hypervisor, const char *name, const char *as, gboolean secure,
              GError **error)
{
    g_autoptr(LibvirtDomain) domain = hypervisor_look_up(hypervisor, name, error);

    return domain ? libvirt_snapshot_of_present(domain, as, secure, error) : NULL;
}

static HypervisorWatch *
hypervisor_watch(Hypervisor *hypervisor, HypervisorWatchFunc func, gpointer data, GError **error)
{
    LibvirtHypervisor *self = (LibvirtHypervisor *)hypervisor;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (!self->events)
        self->events = libvirt_events_new(self->connection, error);

    return self->events ? libvirt_events_watch(self->events, func, data) : NULL;
}

static void
hypervisor_unwatch(Hypervisor *hypervisor, HypervisorWatch *given)
{
    libvirt_events_unwatch(((LibvirtHypervisor *)hypervisor)->events, given);
}

static HostFacts *
hypervisor_host_facts(Hypervisor *hypervisor, GError **error)
{
    return libvirt_host_facts(((LibvirtHypervisor *)hypervisor)->connection, error);
}

static char *
hypervisor_domain_capabilities(Hypervisor *hypervisor, const char *arch, const char *machine,
                               const char *type,
                               GError **error)
{
    return libvirt_host_offer(((LibvirtHypervisor *)hypervisor)->connection, arch, machine, type,
                              error);
}

static gboolean
hypervisor_compare_cpu(Hypervisor *hypervisor, const char *arch, const char *machine,
                       const char *type,
                       const char *cpu, char **problem, GError **error)
{
    return libvirt_host_compare_cpu(((LibvirtHypervisor *)hypervisor)->connection, arch, machine,
                                    type, cpu, problem, error);
}

static gboolean
hypervisor_is_alive(Hypervisor *hypervisor)
{
    return virConnectIsAlive(((LibvirtHypervisor *)hypervisor)->connection) == 1;
}

/* A connection that nobody has used since may not know yet that it is broken: it is used. */
static gboolean
libvirt_answers(LibvirtHypervisor *self)
{
    unsigned long version;

    return hypervisor_is_alive(&self->parent) && virConnectGetLibVersion(self->connection,
                                                                         &version) == 0;
}

static gboolean
revive_connection(Hypervisor *hypervisor, GError **error)
{
    LibvirtHypervisor *self = (LibvirtHypervisor *)hypervisor;
    virConnectPtr connection;

    if (libvirt_answers(self))
        return TRUE;
    if (self->events) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE,
                    _("The connection to libvirt is broken"));
        return FALSE;
    }
    connection = libvirt_connect(self->uri, error);
    if (!connection)
        return FALSE;
    virConnectClose(self->connection);
    self->connection = connection;

    return TRUE;
}

static void
libvirt_hypervisor_free(Hypervisor *hypervisor)
{
    LibvirtHypervisor *self = (LibvirtHypervisor *)hypervisor;

    if (!g_atomic_int_dec_and_test(&self->refs))
        return;
    libvirt_events_free(self->events);
    if (self->connection)
        virConnectClose(self->connection);
    libvirt_place_free(self->place);
    g_free(self->uri);
    g_mutex_clear(&self->lock);
    g_free(self);
}

static const HypervisorOps libvirt_ops = {
    .name = "libvirt",
    .snapshots = &libvirt_snapshot_ops,
    .host_info = hypervisor_host_info,
    .sees = hypervisor_sees,
    .list_domains = hypervisor_list_domains,
    .find_domain = hypervisor_find_domain,
    .list_snapshots = hypervisor_list_snapshots,
    .resolve = hypervisor_resolve,
    .watch = hypervisor_watch,
    .unwatch = hypervisor_unwatch,
    .present = present_state,
    .host_facts = hypervisor_host_facts,
    .domain_capabilities = hypervisor_domain_capabilities,
    .compare_cpu = hypervisor_compare_cpu,
    .capabilities = libvirt_capabilities,
    .owner = libvirt_owner,
    .describe = libvirt_describe,
    .define = libvirt_define,
    .undefine = libvirt_undefine,
    .redefine_snapshot = libvirt_redefine_snapshot,
    .start = libvirt_start_domain,
    .restore = libvirt_restore,
    .revert = libvirt_revert,
    .resume = libvirt_resume,
    .backups = &libvirt_backup_ops,
    .is_alive = hypervisor_is_alive,
    .revive = revive_connection,
    .free = libvirt_hypervisor_free,
    .boots = &libvirt_boot_ops,
    .layers = &libvirt_layer_ops,
    .pools = &libvirt_pool_ops,
};

static LibvirtHypervisor *
open_connection(const char *uri, GError **error)
{
    g_autoptr(GHashTable) before = libvirt_place_sockets();
    LibvirtHypervisor *self = g_new0(LibvirtHypervisor, 1);
    g_autoptr(Hypervisor) hypervisor = &self->parent;

    self->parent.ops = &libvirt_ops;
    self->refs = 1;
    self->uri = g_strdup(uri);
    g_mutex_init(&self->lock);
    self->connection = libvirt_connect(uri, error);
    if (!self->connection)
        return NULL;
    self->place = libvirt_place_new(self->connection, before);
    g_steal_pointer(&hypervisor);

    return self;
}

/* Connections to the embedded driver are shared. There is one embedded driver in a process until it
 * exits; it is started by the first connection, a second connection made meanwhile would find it
 * half initialised, and after some fifteen starts libvirt has no room for more. So there is one
 * connection for each root directory, whatever URI led to it. */
static GMutex embedded_lock;
static GHashTable *embedded; /* requested URI -> LibvirtHypervisor; guarded by embedded_lock */

/* Returns the connection for the URI @wanted with a new reference, or NULL. Called with the lock
 * held. */
static Hypervisor *
share_embedded(const char *wanted)
{
    LibvirtHypervisor *self = embedded ? g_hash_table_lookup(embedded, wanted) : NULL;

    if (self)
        g_atomic_int_inc(&self->refs);

    return (Hypervisor *)self;
}

static Hypervisor *
keep_embedded(const char *wanted, LibvirtHypervisor *self)
{
    libvirt_await_embedded(self->connection);
    if (!embedded)
        embedded = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(embedded, g_strdup(wanted), self);

    return share_embedded(wanted);
}

static Hypervisor *
open_embedded(const char *uri, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&embedded_lock);
    Hypervisor *shared = share_embedded(uri);
    LibvirtHypervisor *self = shared ? NULL : open_connection(uri, error);

    return self ? keep_embedded(uri, self) : shared;
}

/* Opens any other URI. An alias, or the default in libvirt's configuration, may turn out to mean
 * the embedded driver. */
static Hypervisor *
open_other(const char *uri, GError **error)
{
    const char *wanted = uri ? uri : "";
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&embedded_lock);
    Hypervisor *shared = share_embedded(wanted);
    LibvirtHypervisor *self;

    if (shared)
        return shared;
    g_clear_pointer(&locker, g_mutex_locker_free);
    self = open_connection(uri, error);
    if (!self || !libvirt_place_is_embedded(self->place))
        return (Hypervisor *)self;
    locker = g_mutex_locker_new(&embedded_lock);

    return keep_embedded(wanted, self);
}

Hypervisor *
libvirt_hypervisor_open(const char *uri, GError **error)
{
    const char *wanted = uri ? uri : g_getenv("LIBVIRT_DEFAULT_URI");

    if (!libvirt_start(error))
        return NULL;

    return libvirt_uri_is_embedded(wanted) ? open_embedded(wanted, error)
                                           : open_other(wanted, error);
}
