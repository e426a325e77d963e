/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <unistd.h>

#include "cli/connection.h"
#include "cli/import-request.h"
#include "cli/import-show.h"
#include "cli/output.h"
#include "import/import-prepare.h"
#include "util/format.h"

#define PROGRESS_MS 100

typedef struct {
    CliContext *cli;
    const ImportRequest *request;
    Control *control;
    Progress *progress;
    GMainLoop *loop;
    guint n_signals;
    /* The worker's, until the loop ends. */
    ImportPrepared prepared;
    ImportResult result;
    GError *error;
} ImportRun;

/* --- in the worker thread ---------------------------------------------------- */

static gboolean
do_it(ImportRun *run, GError **error)
{
    const ImportRequest *request = run->request;
    const ImportSubject subject = {request->path, request->directory, request->settings};
    Hypervisor *hypervisor = cli_connection(run->cli, error);

    if (!hypervisor || !import_prepare(hypervisor, &subject, request->options->dry_run,
                                       run->control, &run->prepared, error))
        return FALSE;
    if (request->options->dry_run)
        return TRUE;
    control_set_bandwidth(run->control, request->settings->bandwidth);

    return import_execute(hypervisor, run->prepared.plan, run->prepared.source,
                          run->prepared.target, run->control, request->options->resume,
                          &run->result, error);
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
    ImportRun *run = data;

    do_it(run, &run->error);
    /* What was written for nothing goes before the user is told. */
    if (run->error)
        g_clear_pointer(&run->prepared.target, target_free);
    g_idle_add(quit_loop, run->loop);

    return NULL;
}

/* --- in the main loop --------------------------------------------------------- */

static gboolean
show_progress(gpointer data)
{
    ImportRun *run = data;
    guint64 cur;
    guint64 end;

    control_progress(run->control, &cur, &end);
    if (end > 0)
        progress_update(run->progress, "import", cur, end);

    return G_SOURCE_CONTINUE;
}

static gboolean
end_run(ImportRun *run)
{
    if (++run->n_signals > 1) {
        cli_warning(_("ended by force; what there is of it is left: the next import of the same "
                      "removes it"));
        _exit(CLI_FAILED);
    }

    return G_SOURCE_CONTINUE;
}

static gboolean
on_cancel(gpointer data)
{
    ImportRun *run = data;

    control_cancel(run->control);

    return end_run(run);
}

static gboolean
on_terminate(gpointer data)
{
    ImportRun *run = data;

    if (run->cli->session)
        run->cli->session->leave = TRUE;
    control_interrupt(run->control);

    return end_run(run);
}

static void
run_loop(ImportRun *run)
{
    guint sources[] = {
        g_unix_signal_add(SIGINT, on_cancel, run),
        g_unix_signal_add(SIGTERM, on_terminate, run),
        g_unix_signal_add(SIGHUP, on_terminate, run),
        g_timeout_add(PROGRESS_MS, show_progress, run),
    };
    GThread *worker = g_thread_new("virtsnap-import", worker_main, run);

    g_main_loop_run(run->loop);
    g_thread_join(worker);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
    if (!run->error && !run->request->options->dry_run)
        show_progress(run);
    progress_finish(run->progress, !run->error);
}

/* --- telling ------------------------------------------------------------------ */

static int
tell_failed(ImportRun *run)
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

static void
tell_done(ImportRun *run)
{
    g_autofree char *directory = text_printable(run->prepared.plan->directory);
    g_autofree char *bytes = format_bytes(run->result.copied);

    cli_message(run->cli, _("Imported into '%s': domains: %u, written: %s"), directory,
                run->prepared.plan->domains->len, bytes);
}

static int
tell(ImportRun *run)
{
    gboolean dry_run = run->request->options->dry_run;
    GPtrArray *warnings;
    GPtrArray *findings;

    if (run->error)
        return tell_failed(run);
    findings = dry_run ? import_host_findings(run->prepared.host) : NULL;
    warnings = dry_run ? run->prepared.plan->warnings : run->result.warnings;
    for (guint i = 0; !run->cli->globals.json && i < warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(warnings, i));
    if (run->cli->globals.json)
        cli_result(run->cli, import_show_json(run->prepared.plan, warnings, findings));
    else if (dry_run)
        import_show(run->prepared.plan, findings);
    else
        tell_done(run);

    return CLI_DONE;
}

int
import_run(CliContext *cli, const ImportRequest *request)
{
    ImportRun run = {.cli = cli, .request = request};
    int status;

    run.control = control_new();
    run.progress = progress_new(request->progress, cli->globals.quiet);
    run.loop = g_main_loop_new(NULL, FALSE);
    run_loop(&run);
    status = tell(&run);
    g_main_loop_unref(run.loop);
    progress_free(run.progress);
    import_result_clear(&run.result);
    import_prepared_clear(&run.prepared);
    control_free(run.control);
    g_clear_error(&run.error);

    return status;
}
