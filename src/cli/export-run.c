/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/connection.h"
#include "cli/export-request.h"
#include "cli/export-settings.h"
#include "cli/output.h"
#include "cli/plan-show.h"
#include "collection/members.h"
#include "export/export.h"
#include "util/format.h"

/* As often as the eye takes it in; the display itself drops what comes too fast. */
#define PROGRESS_MS 100

/* How far a run is: before anything is written one may just walk away from it. */
enum {
    PHASE_PLANNING,
    PHASE_WRITING,
    PHASE_LEFT,
};

typedef struct {
    CliContext *cli;
    const ExportRequest *request;
    Members *members;
    ExportSubject subject;
    Control *control;
    Progress *progress;
    GMainLoop *loop;
    gint phase;     /* atomic */
    guint n_signals;
    /* The worker's, until the loop ends. */
    Hypervisor *hypervisor; /* the context's */
    Plan *plan;
    Target *target;
    ExportResult result;
    GError *error;
} ExportRun;

/* --- in the worker thread -------------------------------------------------- */

static gboolean
plan_it(ExportRun *run, GError **error)
{
    const VirtSnapExportSettings *settings = run->subject.settings;
    g_autofree char *name = NULL;

    run->hypervisor = cli_connection(run->cli, error);
    if (!run->hypervisor || !members_find(run->members, run->hypervisor, error))
        return FALSE;
    run->subject.domains = run->members->domains;
    name = export_name(&run->subject);
    run->target = target_new(run->request->directory, name, run->subject.snapshot,
                             settings->subdirectory, error);
    if (!run->target)
        return FALSE;
    run->plan = export_plan(run->hypervisor, &run->subject, run->control, error);

    return run->plan && export_check_space(run->plan, run->target, error);
}

static gboolean
do_it(ExportRun *run, GError **error)
{
    if (!plan_it(run, error))
        return FALSE;
    if (run->request->dry_run)
        return TRUE;
    /* The user has left: the process is about to end. */
    if (!g_atomic_int_compare_and_exchange(&run->phase, PHASE_PLANNING, PHASE_WRITING))
        return control_pass(run->control, 0, error);

    control_set_bandwidth(run->control, run->plan->settings->bandwidth);

    return export_execute(run->hypervisor, run->plan, run->target, run->control,
                          run->request->options->resume, &run->result, error);
}

static gboolean
quit_loop(gpointer data)
{
    g_main_loop_quit(data);

    return G_SOURCE_REMOVE;
}

static gpointer
worker_main(gpointer data)
{
    ExportRun *run = data;

    do_it(run, &run->error);
    /* What was written for nothing goes before the user is told. */
    if (run->error)
        g_clear_pointer(&run->target, target_free);
    g_idle_add(quit_loop, run->loop);

    return NULL;
}

/* --- in the main loop ------------------------------------------------------ */

static gboolean
show_progress(gpointer data)
{
    ExportRun *run = data;
    guint64 cur;
    guint64 end;

    control_progress(run->control, &cur, &end);
    if (end > 0)
        progress_update(run->progress, run->subject.snapshot, cur, end);

    return G_SOURCE_CONTINUE;
}

static G_GNUC_NORETURN void
leave(ExportRun *run)
{
    g_autoptr(GError) error = NULL;

    progress_finish(run->progress, FALSE);
    if (!control_pass(run->control, 0, &error))
        _exit(cli_finish(run->cli, cli_fail(run->cli, error)));
    _exit(CLI_FAILED);
}

static gboolean
end_run(ExportRun *run)
{
    /* libvirt cannot be hurried, but nothing has been written that would have to be removed. */
    if (!run->cli->session &&
        g_atomic_int_compare_and_exchange(&run->phase, PHASE_PLANNING, PHASE_LEFT))
        leave(run);
    if (++run->n_signals > 1) {
        cli_warning(_("ended by force; the partial directory is left: the next export of the same "
                      "set removes it, or goes on with it with --resume"));
        _exit(CLI_FAILED);
    }

    return G_SOURCE_CONTINUE;
}

static gboolean
on_cancel(gpointer data)
{
    ExportRun *run = data;

    control_cancel(run->control);

    return end_run(run);
}

/* Not the user, but the system: the work is to be gone on with. Ends a shell as well: it is the
 * process that is asked to go. */
static gboolean
on_terminate(gpointer data)
{
    ExportRun *run = data;

    if (run->cli->session)
        run->cli->session->leave = TRUE;
    control_interrupt(run->control);

    return end_run(run);
}

static void
run_loop(ExportRun *run)
{
    guint sources[] = {
        g_unix_signal_add(SIGINT, on_cancel, run),
        g_unix_signal_add(SIGTERM, on_terminate, run),
        g_unix_signal_add(SIGHUP, on_terminate, run),
        g_timeout_add(PROGRESS_MS, show_progress, run),
    };
    GThread *worker = g_thread_new("virtsnap-export", worker_main, run);

    g_main_loop_run(run->loop);
    g_thread_join(worker);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
    if (!run->error && !run->request->dry_run)
        show_progress(run);
    progress_finish(run->progress, !run->error);
}

/* --- telling --------------------------------------------------------------- */

static JsonObject *
result_json(const ExportRun *run)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "export", target_path(run->target));
    json_set_size(object, "bytes", run->result.bytes);
    json_set_size(object, "copied", run->result.copied);
    json_object_set_int_member(object, "layers", run->result.layers);
    json_object_set_int_member(object, "domains", run->result.domains);
    json_set_texts(object, "warnings", run->result.warnings);

    return object;
}

static void
tell_done(ExportRun *run)
{
    g_autofree char *path = text_printable(target_path(run->target));
    g_autofree char *bytes = format_bytes(run->result.copied);

    cli_message(run->cli, _("Exported to '%s': domains: %u, layers: %u, written: %s"), path,
                run->result.domains, run->result.layers, bytes);
}

static int
tell_failed(ExportRun *run)
{
    g_autoptr(GError) error = NULL;

    if (!run->result.resumable)
        return cli_fail(run->cli, run->error);
    error = g_error_new(run->error->domain, run->error->code,
                        _("%s; what has been copied is kept: the same command with --resume goes "
                          "on with it"),
                        run->error->message);

    return cli_fail(run->cli, error);
}

static int
tell(ExportRun *run)
{
    GPtrArray *warnings;

    if (run->error)
        return tell_failed(run);
    warnings = run->request->dry_run ? run->plan->warnings : run->result.warnings;
    for (guint i = 0; !run->cli->globals.json && i < warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(warnings, i));
    if (run->cli->globals.json)
        cli_result(run->cli, run->request->dry_run
                                 ? plan_show_json(run->plan, target_path(run->target))
                                 : result_json(run));
    else if (run->request->dry_run)
        plan_show(run->plan, target_path(run->target));
    else
        tell_done(run);

    return CLI_DONE;
}

static int
run_subject(ExportRun *run)
{
    int status;

    run->control = control_new();
    run->progress = progress_new(run->request->progress, run->cli->globals.quiet);
    run->loop = g_main_loop_new(NULL, FALSE);
    run_loop(run);
    status = tell(run);
    g_main_loop_unref(run->loop);
    progress_free(run->progress);
    export_result_clear(&run->result);
    target_free(run->target);
    plan_free(run->plan);
    control_free(run->control);
    g_clear_error(&run->error);

    return status;
}

int
export_run(CliContext *cli, const ExportRequest *request)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) settings = export_settings_read(request->options, &error);
    g_autoptr(Members) members = NULL;
    ExportRun run = {.cli = cli, .request = request};

    if (!settings)
        return cli_fail(cli, error);
    members = members_new(request->collection, request->domains, &error);
    if (!members)
        return cli_fail(cli, error);
    run.members = members;
    run.subject = (ExportSubject){
        .collection = request->collection,
        .collections = members->collections,
        .domains = members->domains,
        .snapshot = request->snapshot,
        .settings = settings,
    };

    return run_subject(&run);
}
