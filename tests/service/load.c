/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

/* Many callers at once: each starts exports, looks at jobs, suspends, resumes and ends them as
 * chance has it, and now and then leaves without a word. Prints what came of it as name=value, and
 * of each method "Method=answers/slow ones/milliseconds of the slowest". */

#define NAME "org.virtsnap1"
#define JOB "/org/virtsnap1/job/"
#define SERVICE "/org/virtsnap1/service"
#define JOB_INTERFACE "org.virtsnap1.Job"
/* How many milliseconds pass on average between two actions of a caller. */
#define PAUSE_MS 800
/* One of so many actions is to disconnect and to return under another bus name. */
#define LEAVE_ONE_IN 40

/* How long the answers of one method took. */
typedef struct {
    guint answers;
    guint slow;     /* above 200 ms */
    gint64 slowest; /* us */
} Times;

typedef struct {
    const char *address;
    const char *directory;
    GMainLoop *loop;
    GRand *rand;
    GPtrArray *jobs; /* paths of all that were started */
    gint64 end;  /* not before they have made @enough calls, however slow the machine is */
    guint enough;
    guint pending;
    guint calls;
    guint refused;
    guint failures; /* answers that no caller should get */
    Times times;
    GHashTable *methods; /* name to Times */
    guint exports;
} Load;

typedef struct {
    Load *load;
    GDBusConnection *bus;
} Client;

typedef struct {
    Load *load;
    gint64 started;
    const char *method;
    gboolean starts_job;
} Call;

static gboolean
is_over(const Load *load)
{
    return g_get_monotonic_time() >= load->end && load->calls >= load->enough;
}

static void
add_time(Times *times, gint64 took)
{
    times->answers++;
    times->slow += took > 200000;
    times->slowest = MAX(times->slowest, took);
}

static void
note_time(Load *load, const Call *call)
{
    gint64 took = g_get_monotonic_time() - call->started;
    Times *times = g_hash_table_lookup(load->methods, call->method);

    if (!times) {
        times = g_new0(Times, 1);
        g_hash_table_insert(load->methods, (gpointer)call->method, times);
    }
    add_time(times, took);
    add_time(&load->times, took);
}

static void
print_methods(const Load *load)
{
    GHashTableIter iter;
    gpointer method, data;

    g_hash_table_iter_init(&iter, load->methods);
    while (g_hash_table_iter_next(&iter, &method, &data)) {
        const Times *times = data;

        printf(" %s=%u/%u/%" G_GINT64_FORMAT, (const char *)method, times->answers, times->slow,
               times->slowest / 1000);
    }
}

static void
on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Call *call = data;
    Load *load = call->load;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    load->pending--;
    /* A caller that has disconnected gets no answer. */
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED))
        return;
    load->calls++;
    note_time(load, call);
    if (!answer) {
        load->refused++;
        if (!g_dbus_error_is_remote_error(error) ||
            g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)) {
            fprintf(stderr, "%s: %s\n", call->method, error->message);
            load->failures++;
        }
    } else if (call->starts_job) {
        char *path;

        g_variant_get(answer, "(uo)", NULL, &path);
        g_ptr_array_add(load->jobs, path);
    }
}

static void
send_call(Client *client, const char *path, const char *interface, const char *method,
          GVariant *parameters)
{
    Load *load = client->load;
    Call *call = g_new0(Call, 1);

    *call = (Call){load, g_get_monotonic_time(), method, g_str_equal(method, "ExportSnapshot")};
    load->pending++;
    g_dbus_connection_call(client->bus, NAME, path, interface, method, parameters, NULL,
                           G_DBUS_CALL_FLAGS_NONE, 30000, NULL, on_answer, call);
}

static void
start_export(Client *client)
{
    Load *load = client->load;
    g_autofree char *directory = g_strdup_printf("%s/%u", load->directory, load->exports++);

    send_call(client, SERVICE, "org.virtsnap1.CollectionSnapshotService", "ExportSnapshot",
              g_variant_new("(oss@a{sv})", "/org/virtsnap1/snapshot/pair/night", directory,
                            "<exportsettings><bandwidth>4194304</bandwidth></exportsettings>",
                            g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0)));
}

static const char *
some_job(Load *load)
{
    if (load->jobs->len == 0)
        return JOB "1";

    return g_ptr_array_index(load->jobs, g_rand_int_range(load->rand, 0, (gint)load->jobs->len));
}

static void
connect_client(Client *client)
{
    g_autoptr(GError) error = NULL;

    g_clear_object(&client->bus);
    client->bus = g_dbus_connection_new_for_address_sync(
        client->load->address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, &error);
    if (!client->bus) {
        fprintf(stderr, "no bus: %s\n", error->message);
        exit(1);
    }
    g_dbus_connection_set_exit_on_close(client->bus, FALSE);
}

static void
act(Client *client)
{
    Load *load = client->load;
    const char *job = some_job(load);
    const guint requests[] = {2, 3, 4, 5};

    if (g_rand_int_range(load->rand, 0, LEAVE_ONE_IN) == 0) {
        g_dbus_connection_close(client->bus, NULL, NULL, NULL);
        connect_client(client);
    }
    switch (g_rand_int_range(load->rand, 0, 6)) {
    case 0:
        start_export(client);
        break;
    case 1:
    case 2:
        send_call(client, job, "org.freedesktop.DBus.Properties", "GetAll",
                  g_variant_new("(s)", JOB_INTERFACE));
        break;
    case 3:
        send_call(client, job, JOB_INTERFACE, "GetReport", NULL);
        break;
    default:
        send_call(client, job, JOB_INTERFACE, "RequestStateChange",
                  g_variant_new("(ut)", requests[g_rand_int_range(load->rand, 0, 4)],
                                (guint64)0));
        break;
    }
}

static gboolean
on_turn(gpointer data)
{
    Client *client = data;
    Load *load = client->load;

    if (is_over(load))
        return G_SOURCE_REMOVE;
    act(client);
    g_timeout_add((guint)g_rand_int_range(load->rand, 1, 2 * PAUSE_MS), on_turn, client);

    return G_SOURCE_REMOVE;
}

static gboolean
on_end(gpointer data)
{
    Load *load = data;

    if (is_over(load) && load->pending == 0)
        g_main_loop_quit(load->loop);

    return G_SOURCE_CONTINUE;
}

/* Asks for the end of every job that was started; then each has to be in a final state. */
static guint
count_lost(Load *load, GDBusConnection *bus)
{
    guint lost = 0;

    for (guint i = 0; i < load->jobs->len; i++) {
        const char *job = g_ptr_array_index(load->jobs, i);
        g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
            bus, NAME, job, JOB_INTERFACE, "RequestStateChange",
            g_variant_new("(ut)", 5, (guint64)0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

        lost += answer == NULL;
    }

    return lost;
}

int
main(int argc, char **argv)
{
    Load load = {0};
    guint n_clients;
    g_autofree Client *clients = NULL;
    guint lost;

    if (argc != 4) {
        fprintf(stderr, "usage: load CLIENTS SECONDS DIRECTORY\n");
        return 2;
    }
    n_clients = (guint)atoi(argv[1]);
    load.address = g_getenv("DBUS_SESSION_BUS_ADDRESS");
    load.directory = argv[3];
    load.loop = g_main_loop_new(NULL, FALSE);
    load.rand = g_rand_new_with_seed(42);
    load.methods = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    load.jobs = g_ptr_array_new_with_free_func(g_free);
    load.enough = 2 * n_clients;
    clients = g_new0(Client, n_clients);
    for (guint i = 0; i < n_clients; i++) {
        clients[i].load = &load;
        connect_client(&clients[i]);
        g_timeout_add((guint)g_rand_int_range(load.rand, 1, PAUSE_MS), on_turn, &clients[i]);
    }
    load.end = g_get_monotonic_time() + atoi(argv[2]) * G_USEC_PER_SEC;
    g_timeout_add(100, on_end, &load);
    g_main_loop_run(load.loop);
    lost = count_lost(&load, clients[0].bus);
    printf("clients=%u calls=%u refused=%u failures=%u jobs=%u lost=%u slow=%u slowest_ms=%"
           G_GINT64_FORMAT, n_clients, load.calls, load.refused, load.failures, load.jobs->len,
           lost, load.times.slow, load.times.slowest / 1000);
    print_methods(&load);
    putchar('\n');
    for (guint i = 0; i < n_clients; i++)
        g_object_unref(clients[i].bus);
    g_ptr_array_unref(load.jobs);
    g_hash_table_unref(load.methods);
    g_rand_free(load.rand);
    g_main_loop_unref(load.loop);

    return 0;
}
