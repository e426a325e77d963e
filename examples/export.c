/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* Exports a snapshot of a collection. Build with
 *   cc export.c $(pkg-config --cflags --libs virtsnap)
 * usage: export URI COLLECTION SNAPSHOT DIRECTORY */

#include <stdio.h>
#include <virtsnap/virtsnap.h>

typedef struct {
    GMainLoop *loop;
    GError *error;
} Export;

static void
on_percent(VirtSnapJob *job, GParamSpec *pspec, gpointer data)
{
    guint percent;

    g_object_get(job, "percent", &percent, NULL);
    printf("%u %%\n", percent);
}

static void
on_finished(GObject *job, GAsyncResult *result, gpointer data)
{
    Export *export = data;

    virt_snap_job_wait_finish(VIRT_SNAP_JOB(job), result, &export->error);
    g_main_loop_quit(export->loop);
}

static gboolean
follow(VirtSnapJob *job, GError **error)
{
    Export export = {g_main_loop_new(NULL, FALSE), NULL};

    g_signal_connect(job, "notify::percent", G_CALLBACK(on_percent), NULL);
    virt_snap_job_wait_async(job, NULL, on_finished, &export);
    g_main_loop_run(export.loop);
    g_main_loop_unref(export.loop);
    if (!export.error)
        return TRUE;
    g_propagate_error(error, export.error);

    return FALSE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapService) service = NULL;
    g_autoptr(VirtSnapJob) job = NULL;
    guint code;

    if (argc != 5) {
        fprintf(stderr, "usage: export URI COLLECTION SNAPSHOT DIRECTORY\n");
        return 2;
    }
    service = virt_snap_service_new(*argv[1] ? argv[1] : NULL);
    job = virt_snap_service_export(service, argv[2], argv[3], argv[4], NULL, &error);
    if (job && follow(job, &error))
        return 0;
    code = virt_snap_error_result_code(error);
    fprintf(stderr, "error %u (%s): %s\n", code, virt_snap_error_result_name(code),
            error->message);

    return 1;
}
