/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/context.h"
#include "cli/job-report.h"
#include "cli/output.h"
#include "job/job-state.h"
#include "util/dictionary.h"

/* Nobody is asked for a password here: a command that only shows a job shows what it may see. */
GVariant *
job_report_ask(BusJob *job)
{
    GVariant *report = NULL;
    g_autoptr(GError) error = NULL;

    if (bus_job_call_get_report_sync(job, &report, NULL, &error))
        return report;
    g_dbus_error_strip_remote_error(error);
    if (bus_job_get_job_state(job) == JOB_STATE_COMPLETED_WITH_WARNINGS)
        cli_warning(_("The job has warnings, which cannot be read: %s"), error->message);

    return NULL;
}

GPtrArray *
job_report_warnings(GVariant *report)
{
    return report ? dictionary_texts(report, "Warnings") : g_ptr_array_new();
}

void
job_report_warn(GVariant *report)
{
    g_autoptr(GPtrArray) warnings = job_report_warnings(report);

    for (guint i = 0; i < warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(warnings, i));
}

static void
add_export_figures(JsonObject *object, GVariant *report)
{
    g_autoptr(GVariant) domains =
        g_variant_lookup_value(report, "Domains", G_VARIANT_TYPE_STRING_ARRAY);
    guint64 bytes = 0;
    guint64 copied;
    guint layers = 0;

    /* Only an export has copied something of what it holds. */
    if (!domains || !g_variant_lookup(report, "copied", "t", &copied))
        return;
    g_variant_lookup(report, "bytes", "t", &bytes);
    g_variant_lookup(report, "layers", "u", &layers);
    json_set_size(object, "bytes", bytes);
    json_set_size(object, "copied", copied);
    json_object_set_int_member(object, "layers", layers);
    json_object_set_int_member(object, "domains", (gint64)g_variant_n_children(domains));
}

void
job_report_add(JsonObject *object, GVariant *report)
{
    g_autoptr(GPtrArray) warnings = job_report_warnings(report);

    if (report)
        add_export_figures(object, report);
    json_set_texts(object, "warnings", warnings);
}
