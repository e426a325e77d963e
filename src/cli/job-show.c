/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/job-report.h"
#include "cli/job-show.h"
#include "cli/output.h"
#include "job/job-state.h"
#include "job/job-work.h"
#include "util/format.h"

const char *
job_show_number(BusJob *job)
{
    return strrchr(g_dbus_proxy_get_object_path(G_DBUS_PROXY(job)), '/') + 1;
}

static const char *
shown_state_name(BusJob *job)
{
    const char *name = job_state_name(bus_job_get_job_state(job));

    return name ? name : "?";
}

/* --- JSON -------------------------------------------------------------------- */

static JsonArray *
job_disks_json(BusJob *job)
{
    JsonArray *array = json_array_new();
    GVariant *disks = bus_job_get_disks(job);
    GVariantIter iter;
    const char *disk;
    guint64 cur;
    guint64 end;

    if (!disks)
        return array;
    g_variant_iter_init(&iter, disks);
    while (g_variant_iter_next(&iter, "(&stt)", &disk, &cur, &end)) {
        JsonObject *object = json_object_new();

        json_set_text(object, "disk", disk);
        json_set_size(object, "cur", cur);
        json_set_size(object, "end", end);
        json_array_add_object_element(array, object);
    }

    return array;
}

static void
set_job_times(JsonObject *object, BusJob *job)
{
    json_object_set_int_member(object, "timeSubmitted", bus_job_get_time_submitted(job));
    json_object_set_int_member(object, "startTime", bus_job_get_start_time(job));
    json_object_set_int_member(object, "timeOfLastStateChange",
                               bus_job_get_time_of_last_state_change(job));
    json_set_size(object, "elapsedTime", bus_job_get_elapsed_time(job));
    json_set_size(object, "timeBeforeRemoval", bus_job_get_time_before_removal(job));
}

JsonObject *
job_show_json(BusJob *job)
{
    JsonObject *object = json_object_new();
    guint code = bus_job_get_error_code(job);

    json_object_set_int_member(object, "job", g_ascii_strtoll(job_show_number(job), NULL, 10));
    json_set_text(object, "instanceID", bus_job_get_instance_id(job));
    json_set_text(object, "name", bus_job_get_name(job));
    json_set_text(object, "owner", bus_job_get_owner(job));
    json_object_set_int_member(object, "jobType", bus_job_get_job_type(job));
    json_set_text(object, "jobTypeName", job_work_type_name(bus_job_get_job_type(job)));
    json_set_text(object, "state", shown_state_name(job));
    json_object_set_int_member(object, "jobState", bus_job_get_job_state(job));
    json_object_set_int_member(object, "percentComplete", bus_job_get_percent_complete(job));
    json_object_set_int_member(object, "type", bus_job_get_type_(job));
    json_set_size(object, "bandwidth", bus_job_get_bandwidth(job));
    json_set_size(object, "cur", bus_job_get_cur(job));
    json_set_size(object, "end", bus_job_get_end(job));
    set_job_times(object, job);
    json_object_set_int_member(object, "errorCode", code);
    json_set_text(object, "errorDescription", code ? bus_job_get_error_description(job) : NULL);
    json_set_text(object, "export", bus_job_get_export_directory(job));
    json_object_set_array_member(object, "disks", job_disks_json(job));

    return object;
}

/* --- text -------------------------------------------------------------------- */

static void
print_label_row(const char *label, const char *value)
{
    g_autofree char *safe = text_printable(value);
    gsize width = text_width(label);

    printf("%s%*s%s\n", label, (int)(width < 17 ? 17 - width : 1), "", safe);
}

static void
print_bytes(const char *label, guint64 bytes)
{
    g_autofree char *text = format_bytes(bytes);

    print_label_row(label, text);
}

static void
print_figures(BusJob *job)
{
    guint64 cur = bus_job_get_cur(job);
    guint64 end = bus_job_get_end(job);
    g_autofree char *elapsed =
        g_strdup_printf(_("%" PRIu64 " ms"), (guint64)bus_job_get_elapsed_time(job) / 1000);
    g_autofree char *percent = g_strdup_printf("%u %%", bus_job_get_percent_complete(job));
    g_autofree char *rate = format_bytes(bus_job_get_bandwidth(job));
    g_autofree char *limit = g_strdup_printf(_("%s/s at most"), rate);

    print_label_row(_("Time elapsed:"), elapsed);
    print_label_row(_("Progress:"), percent);
    /* The amount of work is known when the job has been planned. */
    if (end > 1) {
        print_bytes(_("Data processed:"), cur);
        print_bytes(_("Data remaining:"), end - MIN(cur, end));
        print_bytes(_("Data total:"), end);
    }
    if (bus_job_get_bandwidth(job) > 0)
        print_label_row(_("Bandwidth:"), limit);
}

static void
print_job_disks(BusJob *job)
{
    g_autoptr(Table) table = table_new(_("Disk"), _("Processed"), _("Total"), NULL);
    GVariant *disks = bus_job_get_disks(job);
    GVariantIter iter;
    const char *disk;
    guint64 cur;
    guint64 end;

    if (!disks || g_variant_n_children(disks) == 0)
        return;
    g_variant_iter_init(&iter, disks);
    while (g_variant_iter_next(&iter, "(&stt)", &disk, &cur, &end)) {
        g_autofree char *done = format_bytes(cur);
        g_autofree char *total = format_bytes(end);

        table_add(table, disk, done, total, NULL);
    }
    putchar('\n');
    table_print(table, TRUE);
}

static void
print_job_warnings(GVariant *report)
{
    g_autoptr(GPtrArray) warnings = job_report_warnings(report);

    for (guint i = 0; i < warnings->len; i++)
        print_label_row(_("Warning:"), g_ptr_array_index(warnings, i));
}

void
job_show(BusJob *job, GVariant *report)
{
    const char *directory = bus_job_get_export_directory(job);

    print_label_row(_("Job:"), job_show_number(job));
    print_label_row(_("Name:"), bus_job_get_name(job));
    print_label_row(_("State:"), shown_state_name(job));
    print_label_row(_("Owner:"), bus_job_get_owner(job));
    print_figures(job);
    if (directory && *directory)
        print_label_row(_("Export:"), directory);
    if (bus_job_get_error_code(job) != 0)
        print_label_row(_("Error:"), bus_job_get_error_description(job));
    print_job_warnings(report);
    print_job_disks(job);
}

void
job_show_list(CliContext *cli, GPtrArray *jobs)
{
    g_autoptr(Table) table =
        table_new(_("Id"), _("State"), _("Progress"), _("Owner"), _("Name"), NULL);

    for (guint i = 0; i < jobs->len; i++) {
        BusJob *job = g_ptr_array_index(jobs, i);
        g_autofree char *percent = g_strdup_printf("%u %%", bus_job_get_percent_complete(job));

        table_add(table, job_show_number(job), shown_state_name(job), percent,
                  bus_job_get_owner(job), bus_job_get_name(job), NULL);
    }
    table_print(table, !cli->globals.quiet);
}
