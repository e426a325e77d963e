/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/bus-path.h"
#include "drivers/register.h"
#include "library/verbs.h"
#include "service/access.h"
#include "service/collection-service.h"
#include "service/job-service.h"
#include "service/service-config.h"
#include "service/snapshot-objects.h"
#include "service/snapshot-service.h"
#include "service/work.h"
#include "transfer/block-hash.h"
#include "util/process.h"

typedef struct {
    gboolean session;
    gboolean version;
    char *connect;
    char *config;
} Options;

typedef struct {
    Options options;
    ServiceConfig *config;
    GMainLoop *loop;
    GDBusConnection *connection;
    GDBusObjectManagerServer *manager;
    CollectionService *collections;
    JobService *jobs;
    SnapshotService *snapshots;
    SnapshotObjects *sets;
    guint unread; /* stores whose objects are not exported yet */
    guint idle_timer;
    guint name_timer;
    guint owner; /* id of the ownership of the bus name; 0: not requested yet */
    int status;
} Daemon;

/* The name is requested when all objects are exported, so that an early call does not miss them,
 * but after this many seconds at the latest: a store that hangs must not keep the jobs from being
 * served, and the bus waits only 25 seconds for a service that it starts. */
#define NAME_SECONDS 10

/* Whether the service can exit without interrupting anything. */
static gboolean
is_daemon_idle(const Daemon *daemon)
{
    return job_service_is_idle(daemon->jobs) && !job_service_is_ending(daemon->jobs) &&
           access_is_idle() && work_is_idle();
}

/* --- leaving --------------------------------------------------------------- */

static gboolean
on_idle(gpointer data)
{
    Daemon *daemon = data;

    daemon->idle_timer = 0;
    if (is_daemon_idle(daemon))
        g_main_loop_quit(daemon->loop);
    else
        daemon->idle_timer = g_timeout_add_seconds(daemon->config->idle_seconds, on_idle, daemon);

    return G_SOURCE_REMOVE;
}

/* Restarts the idle timeout. */
static void
restart_idle_timeout(gpointer data)
{
    Daemon *daemon = data;

    if (daemon->idle_timer)
        g_source_remove(daemon->idle_timer);
    daemon->idle_timer = 0;
    if (daemon->config->idle_seconds > 0 && job_service_is_idle(daemon->jobs))
        daemon->idle_timer = g_timeout_add_seconds(daemon->config->idle_seconds, on_idle, daemon);
}

/* Called for every message on the connection, in the thread of the connection. Calls of methods
 * restart the idle timeout. */
static GDBusMessage *
on_message(GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
    if (incoming && g_dbus_message_get_message_type(message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL)
        g_idle_add_once(restart_idle_timeout, data);

    return message;
}

static gboolean
leave_on_signal(gpointer data)
{
    Daemon *daemon = data;

    g_main_loop_quit(daemon->loop);

    return G_SOURCE_CONTINUE;
}

/* --- the bus --------------------------------------------------------------- */

static void
on_name_acquired(GDBusConnection *connection, const char *name, gpointer data)
{
    restart_idle_timeout(data);
}

static void
on_name_lost(GDBusConnection *connection, const char *name, gpointer data)
{
    Daemon *daemon = data;

    /* Another instance is running, the bus has gone, or the service is not allowed to own the
     * name. */
    g_printerr(_("virtsnapd: cannot have the name %s on the bus\n"), name);
    daemon->status = 1;
    g_main_loop_quit(daemon->loop);
}

static gboolean
request_bus_name(gpointer data)
{
    Daemon *daemon = data;

    g_clear_handle_id(&daemon->name_timer, g_source_remove);
    daemon->owner = g_bus_own_name_on_connection(
        daemon->connection, BUS_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, on_name_acquired,
        on_name_lost, daemon, NULL);

    return G_SOURCE_REMOVE;
}

static void
on_store_shown(gpointer data)
{
    Daemon *daemon = data;

    if (--daemon->unread == 0 && !daemon->owner)
        request_bus_name(daemon);
}

static void
export_objects(Daemon *daemon)
{
    g_autoptr(BusObjectSkeleton) object = bus_object_skeleton_new(BUS_SERVICE_PATH);

    daemon->manager = g_dbus_object_manager_server_new(BUS_ROOT);
    daemon->unread = 2;
    daemon->collections =
        collection_service_new(daemon->manager, object, daemon->options.connect, on_store_shown,
                               daemon);
    daemon->sets = snapshot_objects_new(daemon->manager, daemon->options.connect, on_store_shown,
                                        daemon);
    daemon->snapshots =
        snapshot_service_new(object, daemon->jobs, daemon->config, daemon->options.session);
    job_service_export(daemon->jobs, daemon->manager);
    g_dbus_object_manager_server_export(daemon->manager, G_DBUS_OBJECT_SKELETON(object));
    g_dbus_object_manager_server_set_connection(daemon->manager, daemon->connection);
}

static void
run_daemon(Daemon *daemon)
{
    daemon->loop = g_main_loop_new(NULL, FALSE);
    export_objects(daemon);
    g_dbus_connection_add_filter(daemon->connection, on_message, daemon, NULL);
    g_unix_signal_add(SIGINT, leave_on_signal, daemon);
    g_unix_signal_add(SIGTERM, leave_on_signal, daemon);
    daemon->name_timer = g_timeout_add_seconds(NAME_SECONDS, request_bus_name, daemon);
    g_main_loop_run(daemon->loop);
    /* Jobs end in an orderly way, so that they can be resumed. Not before the loop is left: what it
     * has found to be done at once with the signal could begin a job after that. */
    job_service_stop(daemon->jobs);
    g_clear_handle_id(&daemon->name_timer, g_source_remove);
    if (daemon->owner)
        g_bus_unown_name(daemon->owner);
    g_dbus_connection_flush_sync(daemon->connection, NULL, NULL);
}

/* --- starting -------------------------------------------------------------- */

static gboolean
parse_daemon_options(Options *options, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"session", 0, 0, G_OPTION_ARG_NONE, &options->session,
         N_("serve the session bus, with the rights of its user"), NULL},
        {"connect", 'c', 0, G_OPTION_ARG_STRING, &options->connect,
         N_("the hypervisor's connection URI"), "URI"},
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
         N_("read this file instead of virtsnapd.conf"), "FILE"},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &options->version, N_("print the version"), NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_set_summary(context, _("Exports snapshot collections for callers on D-Bus."));
    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (*argc == 1)
        return TRUE;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                _("virtsnapd takes no argument '%s'"), (*argv)[1]);

    return FALSE;
}

static gboolean
start_service(Daemon *daemon, GError **error)
{
    const char *config =
        daemon->options.config ? daemon->options.config : PKGSYSCONFDIR "/virtsnapd.conf";

    daemon->config = service_config_load(config, error);
    if (!daemon->config)
        return FALSE;
    access_start(daemon->options.session);
    daemon->jobs = job_service_new(daemon->config, daemon->options.session,
                                   daemon->options.connect, restart_idle_timeout, daemon, error);
    if (!daemon->jobs)
        return FALSE;
    daemon->connection = g_bus_get_sync(
        daemon->options.session ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM, NULL, error);

    return daemon->connection != NULL;
}

static void
daemon_clear(Daemon *daemon)
{
    if (daemon->idle_timer)
        g_source_remove(daemon->idle_timer);
    snapshot_service_free(daemon->snapshots);
    snapshot_objects_free(daemon->sets);
    collection_service_free(daemon->collections);
    job_service_free(daemon->jobs);
    g_clear_object(&daemon->manager);
    g_clear_object(&daemon->connection);
    g_clear_pointer(&daemon->loop, g_main_loop_unref);
    service_config_free(daemon->config);
    g_free(daemon->options.connect);
    g_free(daemon->options.config);
}

/* The help, after which GOption ends the process, and the version: what cannot be written is a
 * failure. */
static void
check_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    fprintf(stderr, "virtsnapd: %s: %s\n", _("cannot write to standard output"),
            g_strerror(errno));
    _exit(1);
}

int
main(int argc, char **argv)
{
    Daemon daemon = {0};
    g_autoptr(GError) error = NULL;

    atexit(check_output);
    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    umask(0077);
    process_set_up();
    block_hash_set_up();
    register_drivers();
    register_verbs();
    drivers_keep_quiet();
    if (!parse_daemon_options(&daemon.options, &argc, &argv, &error)) {
        g_printerr("virtsnapd: %s\n", error->message);
        return 2;
    }
    if (daemon.options.version) {
        puts(PACKAGE_STRING);
    } else if (start_service(&daemon, &error)) {
        run_daemon(&daemon);
    } else {
        g_printerr("virtsnapd: %s\n", error->message);
        daemon.status = 1;
    }
    /* A thread that hangs still uses these objects, so they are not freed, and the program exits
     * without waiting for it. */
    if (!work_is_idle())
        exit(daemon.status);
    daemon_clear(&daemon);

    return daemon.status;
}
