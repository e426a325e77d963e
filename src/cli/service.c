/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus-path.h"
#include "cli/service.h"
#include "job/job-state.h"

#define INTERFACE_PREFIX "org.virtsnap1."

/* --- errors ------------------------------------------------------------------ */

static const struct {
    GDBusError code;
    VirtSnapError ours;
} bus_errors[] = {
    {G_DBUS_ERROR_ACCESS_DENIED, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {G_DBUS_ERROR_AUTH_FAILED, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {G_DBUS_ERROR_UNKNOWN_OBJECT, VIRT_SNAP_ERROR_NOT_FOUND},
    {G_DBUS_ERROR_UNKNOWN_METHOD, VIRT_SNAP_ERROR_NOT_FOUND},
    {G_DBUS_ERROR_INVALID_ARGS, VIRT_SNAP_ERROR_INVALID_PARAMETER},
    {G_DBUS_ERROR_NO_REPLY, VIRT_SNAP_ERROR_INTERRUPTED},
    {G_DBUS_ERROR_LIMITS_EXCEEDED, VIRT_SNAP_ERROR_IN_USE},
};

static VirtSnapError
map_error_name(const GError *error)
{
    if (error->domain == G_DBUS_ERROR) {
        for (gsize i = 0; i < G_N_ELEMENTS(bus_errors); i++) {
            if ((gint)bus_errors[i].code == error->code)
                return bus_errors[i].ours;
        }
    }

    return VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE;
}

/* Turns a remote error into a VIRT_SNAP_ERROR with its code, and removes the D-Bus name from its
 * text. */
static void
convert_remote_error(GError **error)
{
    VirtSnapError code;
    g_autoptr(GError) remote = NULL;

    if (!error || !*error)
        return;
    g_dbus_error_strip_remote_error(*error);
    if ((*error)->domain == VIRT_SNAP_ERROR)
        return;
    remote = g_steal_pointer(error);
    code = map_error_name(remote);
    if (code == VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE)
        g_set_error(error, VIRT_SNAP_ERROR, code,
                    _("The service virtsnapd cannot be reached: %s. Is it installed? Without "
                      "--service virtsnap does the work itself"),
                    remote->message);
    else
        g_set_error(error, VIRT_SNAP_ERROR, code, _("The service refused: %s"), remote->message);
}

/* --- the bus ---------------------------------------------------------------- */

static gboolean
choose_bus(CliContext *cli, GBusType *type, GError **error)
{
    const char *wanted = g_getenv("VIRTSNAP_BUS");
    const char *uri = cli->globals.connect;

    if (!wanted && uri && g_str_has_prefix(uri, "qemu:///"))
        wanted = uri + strlen("qemu:///");
    if (!wanted && !uri)
        wanted = getuid() == 0 ? "system" : "session";
    *type = g_strcmp0(wanted, "system") == 0 ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION;
    if (*type == G_BUS_TYPE_SYSTEM || g_strcmp0(wanted, "session") == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The service cannot be reached by '%s': it is on the bus of qemu:///system or "
                  "qemu:///session, and has its own connection to the hypervisor"),
                wanted ? wanted : uri);

    return FALSE;
}

GDBusConnection *
cli_service_bus(CliContext *cli, GError **error)
{
    GDBusConnection *bus;
    GBusType type;

    if (!choose_bus(cli, &type, error))
        return NULL;
    bus = g_bus_get_sync(type, NULL, error);
    if (!bus) {
        convert_remote_error(error);
        return NULL;
    }
    /* If the bus goes away, the command fails, but the process must not exit. The connection is
     * shared and stays open until the process ends. */
    g_dbus_connection_set_exit_on_close(bus, FALSE);

    return bus;
}

/* --- calls ------------------------------------------------------------------- */

GVariant *
cli_service_call(CliContext *cli, const char *path, const char *interface, const char *method,
                 GVariant *parameters, const GVariantType *reply, GError **error)
{
    g_autoptr(GVariant) owned = parameters ? g_variant_ref_sink(parameters) : NULL;
    GDBusConnection *bus = cli_service_bus(cli, error);
    g_autofree char *full = g_strconcat(INTERFACE_PREFIX, interface, NULL);
    GVariant *answer;

    if (!bus)
        return NULL;
    /* Registers the D-Bus names of errors before the first one can arrive. */
    virt_snap_error_quark();
    answer = g_dbus_connection_call_sync(bus, BUS_NAME, path, full, method, owned, reply,
                                         G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                         G_MAXINT, NULL, error);
    if (!answer)
        convert_remote_error(error);

    return answer;
}

int
cli_service_plan(CliContext *cli, const char *method, GVariant *parameters, PlanTell tell)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer =
        cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", method, parameters,
                         G_VARIANT_TYPE("(a{sv})"), &error);
    g_autoptr(GVariant) plan = answer ? g_variant_get_child_value(answer, 0) : NULL;

    return plan ? tell(cli, plan) : cli_fail(cli, error);
}

/* --- objects ----------------------------------------------------------------- */

/* If the service has no owner on the bus, calls it once, so that the error has the reason why it
 * could not be started. */
static gboolean
ping_service(GDBusConnection *bus, const char *path, GError **error)
{
    g_autoptr(GVariant) pong =
        g_dbus_connection_call_sync(bus, BUS_NAME, path, "org.freedesktop.DBus.Peer", "Ping", NULL,
                                    NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);

    if (!pong)
        convert_remote_error(error);

    return pong != NULL;
}

static gboolean
no_such_job(const char *job, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("There is no job '%s'; 'virtsnap job-list' lists them"), job);

    return FALSE;
}

static char *
job_path(const char *job)
{
    if (g_str_has_prefix(job, BUS_JOBS "/") && g_variant_is_object_path(job))
        return g_strdup(job);
    if (*job == '\0' || strspn(job, "0123456789") != strlen(job))
        return NULL;

    return g_strconcat(BUS_JOBS "/", job, NULL);
}

BusJob *
cli_service_job(CliContext *cli, const char *job, GError **error)
{
    g_autofree char *path = job_path(job);
    GDBusConnection *bus = cli_service_bus(cli, error);
    g_autoptr(BusJob) proxy = NULL;
    g_autofree char *owner = NULL;

    if (!bus)
        return NULL;
    if (!path) {
        no_such_job(job, error);
        return NULL;
    }
    virt_snap_error_quark();
    proxy = bus_job_proxy_new_sync(bus, G_DBUS_PROXY_FLAGS_NONE, BUS_NAME, path, NULL, error);
    if (!proxy) {
        convert_remote_error(error);
        return NULL;
    }
    owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(proxy));
    if (!owner && !ping_service(bus, path, error))
        return NULL;
    if (!bus_job_get_instance_id(proxy)) {
        no_such_job(job, error);
        return NULL;
    }
    cli_service_add_details(proxy);

    return g_steal_pointer(&proxy);
}

void
cli_service_add_details(BusJob *job)
{
    g_autoptr(GVariant) details = NULL;
    GVariantIter iter;
    const char *name;
    GVariant *value;

    if (!bus_job_call_get_details_sync(job, &details, NULL, NULL))
        return;
    g_variant_iter_init(&iter, details);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
        g_dbus_proxy_set_cached_property(G_DBUS_PROXY(job), name, value);
        g_variant_unref(value);
    }
}

static guint64
job_number(BusJob *job)
{
    const char *path = g_dbus_proxy_get_object_path(G_DBUS_PROXY(job));

    return g_ascii_strtoull(strrchr(path, '/') + 1, NULL, 10);
}

static gint
compare_by_number(gconstpointer a, gconstpointer b)
{
    guint64 one = job_number(*(BusJob *const *)a);
    guint64 two = job_number(*(BusJob *const *)b);

    return one < two ? -1 : one > two;
}

static gint
compare_by_name(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(bus_collection_get_name(*(BusCollection *const *)a),
                     bus_collection_get_name(*(BusCollection *const *)b));
}

/* Returns: (element-type BusObject): the objects of the service. */
static GList *
list_objects(CliContext *cli, GError **error)
{
    GDBusConnection *bus = cli_service_bus(cli, error);
    g_autoptr(GDBusObjectManager) manager = NULL;
    g_autofree char *owner = NULL;
    GList *objects;

    if (!bus)
        return NULL;
    virt_snap_error_quark();
    manager = bus_object_manager_client_new_sync(bus, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE,
                                                 BUS_NAME, BUS_ROOT, NULL, error);
    if (!manager) {
        convert_remote_error(error);
        return NULL;
    }
    owner = g_dbus_object_manager_client_get_name_owner(G_DBUS_OBJECT_MANAGER_CLIENT(manager));
    if (!owner && !ping_service(bus, BUS_ROOT, error))
        return NULL;

    objects = g_dbus_object_manager_get_objects(manager);
    if (!objects)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE,
                    _("The service has no objects; it may just be leaving: try again"));

    return objects;
}

GPtrArray *
cli_service_jobs(CliContext *cli, GError **error)
{
    g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func(g_object_unref);
    GList *objects = list_objects(cli, error);

    if (!objects)
        return NULL;
    for (GList *object = objects; object; object = object->next) {
        BusJob *job = bus_object_get_job(BUS_OBJECT(object->data));

        if (!job)
            continue;
        cli_service_add_details(job);
        g_ptr_array_add(jobs, job);
    }
    g_list_free_full(objects, g_object_unref);
    g_ptr_array_sort(jobs, compare_by_number);

    return g_steal_pointer(&jobs);
}

GPtrArray *
cli_service_collections(CliContext *cli, GError **error)
{
    g_autoptr(GPtrArray) collections = g_ptr_array_new_with_free_func(g_object_unref);
    GList *objects = list_objects(cli, error);

    if (!objects)
        return NULL;
    for (GList *object = objects; object; object = object->next) {
        BusCollection *collection = bus_object_get_collection(BUS_OBJECT(object->data));

        if (collection)
            g_ptr_array_add(collections, collection);
    }
    g_list_free_full(objects, g_object_unref);
    g_ptr_array_sort(collections, compare_by_name);

    return g_steal_pointer(&collections);
}

gboolean
cli_service_request(CliContext *cli, BusJob *job, guint request, GError **error)
{
    const char *path = g_dbus_proxy_get_object_path(G_DBUS_PROXY(job));
    g_autoptr(GVariant) answer =
        cli_service_call(cli, path, "Job", "RequestStateChange",
                         g_variant_new("(ut)", request, (guint64)0), G_VARIANT_TYPE("(u)"), error);
    guint32 result;

    if (!answer)
        return FALSE;
    g_variant_get(answer, "(u)", &result);
    if (result == JOB_RESULT_DONE || result == JOB_RESULT_STARTED)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The job %s is in the state '%s', in which this cannot be asked of it (%u)"),
                strrchr(path, '/') + 1, job_state_name(bus_job_get_job_state(job)), result);

    return FALSE;
}
