/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* Verifies an export as a job, and shows what it has found. Build with
 *   cc verify.c $(pkg-config --cflags --libs virtsnap)
 * usage: verify URI EXPORT */

#include <stdio.h>
#include <virtsnap/virtsnap.h>

static void
on_finished(GObject *job, GAsyncResult *result, gpointer loop)
{
    /* What has come of it is the job's error, too. */
    (void)!virt_snap_job_wait_finish(VIRT_SNAP_JOB(job), result, NULL);
    g_main_loop_quit(loop);
}

static void
follow(VirtSnapJob *job)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);

    virt_snap_job_wait_async(job, NULL, on_finished, loop);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
}

/* A job that has found something wrong fails, and has findings even so; one that could not verify
 * the export has none. */
static void
show(VirtSnapJob *job)
{
    g_autoptr(GVariant) findings = virt_snap_job_dup_findings(job);
    g_autoptr(GVariantIter) problems = NULL;
    GVariant *problem;
    guint64 files;

    if (!findings)
        return;
    g_variant_lookup(findings, "files", "t", &files);
    g_variant_lookup(findings, "problems", "aa{sv}", &problems);
    printf("files: %" G_GUINT64_FORMAT "\n", files);
    while ((problem = g_variant_iter_next_value(problems))) {
        const char *file;
        const char *what;

        if (g_variant_lookup(problem, "file", "&s", &file) &&
            g_variant_lookup(problem, "what", "&s", &what))
            printf("%s: %s\n", file, what);
        g_variant_unref(problem);
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapService) service = NULL;
    g_autoptr(VirtSnapJob) job = NULL;
    guint code;

    if (argc != 3) {
        fprintf(stderr, "usage: verify URI EXPORT\n");
        return 2;
    }
    service = virt_snap_service_new(*argv[1] ? argv[1] : NULL);
    job = virt_snap_service_verify_export(service, argv[2], NULL, &error);
    if (job) {
        follow(job);
        show(job);
        error = virt_snap_job_get_error(job);
    }
    if (!error)
        return 0;
    code = virt_snap_error_result_code(error);
    fprintf(stderr, "error %u (%s): %s\n", code, virt_snap_error_result_name(code),
            error->message);

    return 1;
}
