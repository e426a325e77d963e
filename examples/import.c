/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* Makes the domains of an export again. Build with
 *   cc import.c $(pkg-config --cflags --libs virtsnap)
 * usage: import URI EXPORT DIRECTORY [SETTINGS] */

#include <stdio.h>
#include <virtsnap/virtsnap.h>

typedef struct {
    GMainLoop *loop;
    GError *error;
} Import;

static void
on_finished(GObject *job, GAsyncResult *result, gpointer data)
{
    Import *import = data;

    virt_snap_job_wait_finish(VIRT_SNAP_JOB(job), result, &import->error);
    g_main_loop_quit(import->loop);
}

static gboolean
follow(VirtSnapJob *job, GError **error)
{
    Import import = {g_main_loop_new(NULL, FALSE), NULL};

    virt_snap_job_wait_async(job, NULL, on_finished, &import);
    g_main_loop_run(import.loop);
    g_main_loop_unref(import.loop);
    if (!import.error)
        return TRUE;
    g_propagate_error(error, import.error);

    return FALSE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapService) service = NULL;
    g_autoptr(VirtSnapJob) job = NULL;
    guint code;

    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: import URI EXPORT DIRECTORY [SETTINGS]\n");
        return 2;
    }
    service = virt_snap_service_new(*argv[1] ? argv[1] : NULL);
    job = virt_snap_service_import(service, argv[2], argv[3], argv[4], &error);
    if (job && follow(job, &error))
        return 0;
    code = virt_snap_error_result_code(error);
    fprintf(stderr, "error %u (%s): %s\n", code, virt_snap_error_result_name(code),
            error->message);

    return 1;
}
