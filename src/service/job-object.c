/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/job-object.h"
#include "util/dictionary.h"

static const char *
or_empty(const char *text)
{
    return text ? text : "";
}

static GVariant *
job_disks_variant(const JobInfo *info)
{
    GVariantBuilder disks;

    g_variant_builder_init(&disks, G_VARIANT_TYPE("a(stt)"));
    for (guint i = 0; i < info->disks->len; i++) {
        const JobDisk *disk = g_ptr_array_index(info->disks, i);
        g_autofree char *name = g_strdup_printf("%s:%s", disk->domain, disk->target);

        g_variant_builder_add(&disks, "(stt)", name, disk->figures.cur, disk->figures.end);
    }

    return g_variant_builder_end(&disks);
}

static const char *
job_directory(const JobInfo *info)
{
    const JobWork *work = info->work;
    const char *made = info->report ? info->report->directory : NULL;

    return or_empty(made ? made : work->type->directory(work));
}

static void
set_job_details(BusJob *bus, const JobInfo *info)
{
    bus_job_set_name(bus, info->name);
    bus_job_set_error_description(bus, or_empty(info->error));
    bus_job_set_disks(bus, job_disks_variant(info));
    bus_job_set_export_directory(bus, job_directory(info));
}

static void
clear_job_details(BusJob *bus, const JobInfo *info)
{
    bus_job_set_name(bus, info->work->type->title);
    bus_job_set_error_description(bus, "");
    bus_job_set_disks(bus, g_variant_new("a(stt)", NULL));
    bus_job_set_export_directory(bus, "");
}

void
job_object_update(BusJob *bus, const JobInfo *info, guint64 stay, gboolean details)
{
    if (details)
        set_job_details(bus, info);
    else
        clear_job_details(bus, info);
    bus_job_set_instance_id(bus, info->id);
    bus_job_set_owner(bus, info->owner);
    bus_job_set_job_type(bus, (guint16)info->type);
    bus_job_set_job_state(bus, info->state);
    bus_job_set_percent_complete(bus, (guint16)info->percent);
    bus_job_set_error_code(bus, info->error_code);
    bus_job_set_cancellable(bus, info->cancellable);
    bus_job_set_time_submitted(bus, info->submitted);
    bus_job_set_start_time(bus, info->started);
    bus_job_set_time_of_last_state_change(bus, info->changed);
    bus_job_set_elapsed_time(bus, (guint64)info->elapsed);
    bus_job_set_time_before_removal(bus, stay == G_MAXUINT64 ? stay : stay * G_USEC_PER_SEC);
    bus_job_set_type_(bus, (gint)info->figures.type);
    bus_job_set_bandwidth(bus, info->figures.bandwidth);
    bus_job_set_cur(bus, info->figures.cur);
    bus_job_set_end(bus, info->figures.end);
    /* PropertiesChanged is otherwise sent when the main loop has nothing else to do, after signals
     * and answers that are about the very change. */
    g_dbus_interface_skeleton_flush(G_DBUS_INTERFACE_SKELETON(bus));
}

GVariant *
job_object_details(const JobInfo *info)
{
    GVariantBuilder details;

    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&details, "{sv}", "Name", g_variant_new_string(info->name));
    g_variant_builder_add(&details, "{sv}", "ErrorDescription",
                          g_variant_new_string(or_empty(info->error)));
    g_variant_builder_add(&details, "{sv}", "ExportDirectory",
                          g_variant_new_string(job_directory(info)));
    g_variant_builder_add(&details, "{sv}", "Disks", job_disks_variant(info));

    return g_variant_builder_end(&details);
}

static void
report_findings(GVariantBuilder *report, GVariant *findings)
{
    GVariantIter iter;
    GVariant *entry;

    g_variant_iter_init(&iter, findings);
    while ((entry = g_variant_iter_next_value(&iter))) {
        g_variant_builder_add_value(report, entry);
        g_variant_unref(entry);
    }
}

GVariant *
job_object_report(const JobInfo *info)
{
    const JobReport *made = info->report;
    GVariantBuilder report;

    g_variant_builder_init(&report, G_VARIANT_TYPE("a{sv}"));
    dictionary_add_texts(&report, "Warnings", info->warnings);
    /* The rest is not known before the job is planned. */
    if (made) {
        g_variant_builder_add(&report, "{sv}", "ExportDirectory",
                              g_variant_new_string(job_directory(info)));
        dictionary_add_texts(&report, "Domains", made->domains);
        dictionary_add_texts(&report, "Disks", made->disks);
        dictionary_add_texts(&report, "ConfigurationFiles", made->config);
        dictionary_add_texts(&report, "MemoryFiles", made->memory);
        dictionary_add_texts(&report, "GuestStateFiles", made->guest_state);
        g_variant_builder_add(&report, "{sv}", "Base", g_variant_new_string(or_empty(made->base)));
        if (made->findings)
            report_findings(&report, made->findings);
    }

    return g_variant_builder_end(&report);
}
