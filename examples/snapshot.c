/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* Takes a snapshot of all domains of a collection at one moment. Build with
 *   cc snapshot.c $(pkg-config --cflags --libs virtsnap)
 * usage: snapshot URI COLLECTION [SNAPSHOT] */

#include <stdio.h>
#include <virtsnap/virtsnap.h>

/* As Hyper-V calls it: the disks only. */
#define RECOVERY 2

typedef struct {
    GMainLoop *loop;
    VirtSnapJob *job;
    GError *error;
} Snapshot;

static void
on_finished(GObject *job, GAsyncResult *result, gpointer data)
{
    Snapshot *snapshot = data;

    virt_snap_job_wait_finish(VIRT_SNAP_JOB(job), result, &snapshot->error);
    g_main_loop_quit(snapshot->loop);
}

static void
on_begun(GObject *service, GAsyncResult *result, gpointer data)
{
    Snapshot *snapshot = data;

    snapshot->job = virt_snap_service_create_snapshot_finish(VIRT_SNAP_SERVICE(service), result,
                                                             &snapshot->error);
    if (snapshot->job)
        virt_snap_job_wait_async(snapshot->job, NULL, on_finished, snapshot);
    else
        g_main_loop_quit(snapshot->loop);
}

/* The collection is read in a thread, and the main loop goes on meanwhile. */
static gboolean
take(VirtSnapService *service, const char *collection, const char *name, GError **error)
{
    Snapshot snapshot = {g_main_loop_new(NULL, FALSE), NULL, NULL};

    virt_snap_service_create_snapshot_async(service, collection, name, NULL, RECOVERY, NULL,
                                            on_begun, &snapshot);
    g_main_loop_run(snapshot.loop);
    g_main_loop_unref(snapshot.loop);
    g_clear_object(&snapshot.job);
    if (!snapshot.error)
        return TRUE;
    g_propagate_error(error, snapshot.error);

    return FALSE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapService) service = NULL;
    g_auto(GStrv) names = NULL;
    guint code;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: snapshot URI COLLECTION [SNAPSHOT]\n");
        return 2;
    }
    service = virt_snap_service_new(*argv[1] ? argv[1] : NULL);
    if (take(service, argv[2], argv[3], &error))
        names = virt_snap_service_list_snapshots(service, argv[2], &error);
    for (char **name = names; name && *name; name++)
        printf("%s\n", *name);
    if (names)
        return 0;
    code = virt_snap_error_result_code(error);
    fprintf(stderr, "error %u (%s): %s\n", code, virt_snap_error_result_name(code),
            error->message);

    return 1;
}
