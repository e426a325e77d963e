/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-capture.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-events.h"
#include "drivers/libvirt/libvirt-hypervisor.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-loop.h"
#include "drivers/libvirt/libvirt-place.h"
#include "util/error-private.h"
#include "util/strings.h"

/* A daemon that is silent for half a minute is gone, as virsh sees it. */
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_COUNT 6

typedef struct {
    Hypervisor parent;
    gint refs; /* atomic */
    virConnectPtr connection;
    LibvirtPlace *place;
    GMutex lock;           /* guards what follows */
    LibvirtEvents *events; /* NULL: nobody has watched */
} LibvirtHypervisor;

typedef virDomainPtr *DomainList;
typedef virDomainSnapshotPtr *SnapshotList;

static void
domain_list_free(DomainList list)
{
    for (DomainList next = list; next && *next; next++)
        virDomainFree(*next);
    free(list);
}

static void
snapshot_list_free(SnapshotList list)
{
    for (SnapshotList next = list; next && *next; next++)
        virDomainSnapshotFree(*next);
    free(list);
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(DomainList, domain_list_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(SnapshotList, snapshot_list_free, NULL)

/* libvirt hands out malloc'ed strings: keep to GLib's. */
static char *
take_string(char *text)
{
    char *copy = g_strdup(text);

    free(text);
    return copy;
}

static char *
format_version(unsigned long version)
{
    return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
                           version % 1000);
}

static HostInfo *
host_info(Hypervisor *hypervisor, GError **error)
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
    info->uri = take_string(virConnectGetURI(connection));
    if (info->uri)
        info->host = take_string(virConnectGetHostname(connection));
    if (!info->host) {
        libvirt_error_set(error, _("Cannot ask libvirt for its host name"));
        return NULL;
    }

    return g_steal_pointer(&info);
}

static gboolean
sees(Hypervisor *hypervisor, const char *path, GError **error)
{
    LibvirtHypervisor *self = (LibvirtHypervisor *)hypervisor;

    return libvirt_place_sees(self->place, self->connection, path, error);
}

static GPtrArray *
list_domains(Hypervisor *hypervisor, GError **error)
{
    virConnectPtr connection = ((LibvirtHypervisor *)hypervisor)->connection;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_auto(DomainList) domains = NULL;

    if (virConnectListAllDomains(connection, &domains, 0) < 0) {
        libvirt_error_set(error, _("Cannot list the domains"));
        return NULL;
    }
    for (DomainList next = domains; *next; next++)
        g_ptr_array_add(names, g_strdup(virDomainGetName(*next)));
    strings_sort(names);

    return g_steal_pointer(&names);
}

static virDomainPtr
look_up(Hypervisor *hypervisor, const char *name, GError **error)
{
    return libvirt_domain_by_name(((LibvirtHypervisor *)hypervisor)->connection, name, error);
}

static char *
find_domain(Hypervisor *hypervisor, const char *word, GError **error)
{
    virConnectPtr connection = ((LibvirtHypervisor *)hypervisor)->connection;
    g_autoptr(LibvirtDomain) domain = libvirt_domain_find(connection, word, error);

    return domain ? g_strdup(virDomainGetName(domain)) : NULL;
}

static SnapshotList
list_tree(virDomainPtr domain, GError **error)
{
    SnapshotList snapshots = NULL;

    if (virDomainListAllSnapshots(domain, &snapshots, VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL) < 0) {
        libvirt_error_set(error, _("Cannot list the snapshots of the domain '%s'"),
                          virDomainGetName(domain));
        return NULL;
    }

    return snapshots;
}

static GPtrArray *
list_snapshots(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(LibvirtDomain) domain = look_up(hypervisor, name, error);
    g_auto(SnapshotList) snapshots = NULL;

    if (!domain)
        return NULL;
    snapshots = list_tree(domain, error);
    if (!snapshots)
        return NULL;
    for (SnapshotList next = snapshots; *next; next++)
        g_ptr_array_add(names, g_strdup(virDomainSnapshotGetName(*next)));

    return g_steal_pointer(&names);
}

static gboolean
add_snapshot(const DomainRecord *record, GPtrArray *records, virDomainSnapshotPtr snapshot,
             gboolean secure, GError **error)
{
    unsigned int flags = secure ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0;
    const char *name = virDomainSnapshotGetName(snapshot);
    char *xml = virDomainSnapshotGetXMLDesc(snapshot, flags);
    SnapshotRecord *one;

    if (!xml) {
        libvirt_error_set(error, _("Cannot read the snapshot '%s' of the domain '%s'"), name,
                          record->name);
        return FALSE;
    }
    one = g_new0(SnapshotRecord, 1);
    one->name = g_strdup(name);
    one->xml = take_string(xml);
    g_ptr_array_add(records, one);

    return TRUE;
}

/* @all: they are to be exported, too. If not, one that is gone by now is none. */
static gboolean
add_the_others(DomainRecord *record, virDomainPtr domain, const char *first, gboolean all,
               gboolean secure, GError **error)
{
    GPtrArray *records = all ? record->snapshots : record->others;
    g_auto(SnapshotList) snapshots = list_tree(domain, error);

    if (!snapshots)
        return FALSE;
    for (SnapshotList next = snapshots; *next; next++) {
        if (g_str_equal(virDomainSnapshotGetName(*next), first))
            continue;
        if (!add_snapshot(record, records, *next, all && secure, all ? error : NULL) && all)
            return FALSE;
    }

    return TRUE;
}

static DomainRecord *
describe_domain(virDomainPtr domain, gboolean secure, GError **error)
{
    g_autoptr(DomainRecord) record = g_new0(DomainRecord, 1);
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    int active;

    record->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    record->others = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    record->name = g_strdup(virDomainGetName(domain));
    /* The next call forgets why this one failed. */
    active = virDomainIsActive(domain);
    if (active >= 0)
        record->xml = take_string(virDomainGetXMLDesc(domain, secure ? VIR_DOMAIN_XML_SECURE : 0));
    if (!record->xml || virDomainGetUUIDString(domain, uuid) < 0) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), record->name);
        return NULL;
    }
    record->active = active > 0;
    record->uuid = g_strdup(uuid);

    return g_steal_pointer(&record);
}

static DomainRecord *
resolve(Hypervisor *hypervisor, const char *name, const char *snapshot_name, gboolean all,
        gboolean secure, GError **error)
{
    g_autoptr(LibvirtDomain) domain = look_up(hypervisor, name, error);
    g_autoptr(LibvirtSnapshot) snapshot = NULL;
    g_autoptr(DomainRecord) record = NULL;

    if (!domain)
        return NULL;
    snapshot = virDomainSnapshotLookupByName(domain, snapshot_name, 0);
    if (!snapshot) {
        libvirt_error_set(error, _("The domain '%s' has no snapshot '%s'"), name, snapshot_name);
        return NULL;
    }
    record = describe_domain(domain, secure, error);
    if (!record || !add_snapshot(record, record->snapshots, snapshot, secure, error) ||
        !add_the_others(record, domain, snapshot_name, all, secure, error))
        return NULL;

    return g_steal_pointer(&record);
}

static HypervisorWatch *
watch(Hypervisor *hypervisor, HypervisorWatchFunc func, gpointer data, GError **error)
{
    LibvirtHypervisor *self = (LibvirtHypervisor *)hypervisor;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (!self->events)
        self->events = libvirt_events_new(self->connection, error);

    return self->events ? libvirt_events_watch(self->events, func, data) : NULL;
}

static void
unwatch(Hypervisor *hypervisor, HypervisorWatch *given)
{
    libvirt_events_unwatch(((LibvirtHypervisor *)hypervisor)->events, given);
}

static HypervisorCapture *
capture(Hypervisor *hypervisor, const char *name, GPtrArray *targets, const char *directory,
        GError **error)
{
    g_autoptr(LibvirtDomain) domain = look_up(hypervisor, name, error);

    return domain ? libvirt_capture_begin(domain, targets, ((LibvirtHypervisor *)hypervisor)->place,
                                          directory, error)
                  : NULL;
}

static gboolean
release(G_GNUC_UNUSED Hypervisor *hypervisor, HypervisorCapture *given, GError **error)
{
    return libvirt_capture_end(given, error);
}

static gboolean
is_alive(Hypervisor *hypervisor)
{
    return virConnectIsAlive(((LibvirtHypervisor *)hypervisor)->connection) == 1;
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
    g_mutex_clear(&self->lock);
    g_free(self);
}

static const HypervisorOps libvirt_ops = {
    .name = "libvirt",
    .host_info = host_info,
    .sees = sees,
    .list_domains = list_domains,
    .find_domain = find_domain,
    .list_snapshots = list_snapshots,
    .resolve = resolve,
    .watch = watch,
    .unwatch = unwatch,
    .capture = capture,
    .release = release,
    .is_alive = is_alive,
    .free = libvirt_hypervisor_free,
};

/* Every error is returned to the caller: libvirt is not to print it as well. */
static void
keep_quiet(void *data, virErrorPtr error)
{
}

void
libvirt_keep_quiet(void)
{
    virSetErrorFunc(NULL, keep_quiet);
}

/* The embedded QEMU driver refuses to work without an event loop, and keepalive of remote
 * connections needs one too. It runs as long as the process does. */
static gpointer
start_libvirt(gpointer data)
{
    libvirt_loop_start();

    return GINT_TO_POINTER(virInitialize() == 0);
}

/* The embedded driver finds its running domains again in threads of its own, and a process that
 * leaves before they are done may take the domains down with it. A query that needs the domain's
 * monitor waits for that. */
static void
await_embedded(virConnectPtr connection)
{
    g_auto(DomainList) domains = NULL;

    if (virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE) < 0)
        return;
    for (DomainList next = domains; *next; next++) {
        virDomainIOThreadInfoPtr *threads = NULL;
        int n = virDomainGetIOThreadInfo(*next, &threads, 0);

        for (int i = 0; i < n; i++)
            virDomainIOThreadInfoFree(threads[i]);
        free(threads);
    }
}

static gboolean
set_connect_error(const char *uri, GError **error)
{
    libvirt_error_set(error, _("Cannot connect to libvirt at '%s'; is its service running?"),
                      uri ? uri : _("the default URI"));
    /* Whatever kept us out, there is no hypervisor to work with. */
    error_recode(error, VIRT_SNAP_ERROR_FAILED, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE);

    return FALSE;
}

static gboolean
connect_to(LibvirtHypervisor *self, const char *uri, GError **error)
{
    g_autoptr(GHashTable) before = libvirt_place_sockets();

    self->connection = virConnectOpenAuth(uri, virConnectAuthPtrDefault, 0);
    if (!self->connection)
        return set_connect_error(uri, error);
    virConnSetErrorFunc(self->connection, NULL, keep_quiet);
    self->place = libvirt_place_new(self->connection, before);
    /* Only a daemon needs that, and not all have it. */
    virConnectSetKeepAlive(self->connection, KEEPALIVE_INTERVAL_S, KEEPALIVE_COUNT);

    return TRUE;
}

static LibvirtHypervisor *
open_connection(const char *uri, GError **error)
{
    LibvirtHypervisor *self = g_new0(LibvirtHypervisor, 1);
    g_autoptr(Hypervisor) hypervisor = &self->parent;

    self->parent.ops = &libvirt_ops;
    self->refs = 1;
    g_mutex_init(&self->lock);
    if (!connect_to(self, uri, error))
        return NULL;
    g_steal_pointer(&hypervisor);

    return self;
}

/* There is one embedded driver in a process, until it ends; it starts within the first connection,
 * a second one that comes meanwhile finds it half made, and after some fifteen libvirt has no room
 * for more. So there is one connection to each root, whatever it was asked for by. */
static GMutex embedded_lock;
static GHashTable *embedded; /* LibvirtHypervisor, by what it was asked for by; guarded */

/* With the lock held. */
static Hypervisor *
share(const char *wanted)
{
    LibvirtHypervisor *self = embedded ? g_hash_table_lookup(embedded, wanted) : NULL;

    if (self)
        g_atomic_int_inc(&self->refs);

    return (Hypervisor *)self;
}

static Hypervisor *
keep(const char *wanted, LibvirtHypervisor *self)
{
    await_embedded(self->connection);
    if (!embedded)
        embedded = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(embedded, g_strdup(wanted), self);

    return share(wanted);
}

static Hypervisor *
open_embedded(const char *uri, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&embedded_lock);
    Hypervisor *shared = share(uri);
    LibvirtHypervisor *self = shared ? NULL : open_connection(uri, error);

    return self ? keep(uri, self) : shared;
}

/* An alias, or the default of libvirt's configuration, may turn out to be the embedded driver. */
static Hypervisor *
open_other(const char *uri, GError **error)
{
    const char *wanted = uri ? uri : "";
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&embedded_lock);
    Hypervisor *shared = share(wanted);
    LibvirtHypervisor *self;

    if (shared)
        return shared;
    g_clear_pointer(&locker, g_mutex_locker_free);
    self = open_connection(uri, error);
    if (!self || !libvirt_place_is_embedded(self->place))
        return (Hypervisor *)self;
    locker = g_mutex_locker_new(&embedded_lock);

    return keep(wanted, self);
}

Hypervisor *
libvirt_hypervisor_open(const char *uri, GError **error)
{
    static GOnce once = G_ONCE_INIT;
    const char *wanted = uri ? uri : g_getenv("LIBVIRT_DEFAULT_URI");

    if (!g_once(&once, start_libvirt, NULL)) {
        libvirt_error_set(error, _("Cannot start libvirt's client library"));
        return NULL;
    }

    return libvirt_uri_is_embedded(wanted) ? open_embedded(wanted, error)
                                           : open_other(wanted, error);
}
