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

/* What the result of a command has without the service, too. */
static void
add_results(JsonObject *object, GVariant *report)
{
    static const char *const keys[] = {"directory", "collection", "pool",    "bytes",
                                       "copied",    "layers",     "domains", "window_ms",
                                       "members",   "referencePoint"};
    g_autoptr(GVariant) domains =
        g_variant_lookup_value(report, "Domains", G_VARIANT_TYPE_STRING_ARRAY);

    /* What a verification has found out is shown by verify alone. */
    if (g_variant_lookup(report, "ok", "b", NULL))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(GVariant) value = g_variant_lookup_value(report, keys[i], NULL);

        if (value)
            json_object_set_member(object, keys[i], json_gvariant_serialize(value));
    }
    /* That of an export has only their number. */
    if (domains && g_variant_lookup(report, "layers", "u", NULL))
        json_object_set_int_member(object, "domains", (gint64)g_variant_n_children(domains));
}

void
job_report_add(JsonObject *object, GVariant *report)
{
    g_autoptr(GPtrArray) warnings = job_report_warnings(report);

    if (report)
        add_results(object, report);
    json_set_texts(object, "warnings", warnings);
}
