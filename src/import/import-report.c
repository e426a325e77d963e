/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/import-report.h"
#include "util/dictionary.h"

JobReport *
import_report_new(const ImportPlan *plan)
{
    JobReport *report = job_report_new();

    report->directory = g_strdup(plan->directory);
    for (guint i = 0; i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        g_ptr_array_add(report->domains, g_strdup(domain->uuid));
        for (guint j = 0; j < domain->disks->len; j++)
            g_ptr_array_add(
                report->disks,
                g_strdup(((const ImportDisk *)g_ptr_array_index(domain->disks, j))->path));
        if (domain->memory)
            g_ptr_array_add(report->memory, g_strdup(domain->memory));
        for (guint j = 0; j < domain->snapshots->len; j++) {
            const ImportSnapshot *one = g_ptr_array_index(domain->snapshots, j);

            if (one->memory)
                g_ptr_array_add(report->memory, g_strdup(one->memory));
        }
    }

    return report;
}

/* --- the domains ------------------------------------------------------------------ */

static void
add_imported_disks(GVariantBuilder *value, const ImportDomain *domain)
{
    GVariantBuilder disks;

    g_variant_builder_init(&disks, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < domain->disks->len; i++) {
        const ImportDisk *disk = g_ptr_array_index(domain->disks, i);

        g_variant_builder_open(&disks, G_VARIANT_TYPE_VARDICT);
        dictionary_add_text(&disks, "target", disk->target);
        dictionary_add_text(&disks, "path", disk->path);
        dictionary_add_text(&disks, "format", disk->format);
        g_variant_builder_close(&disks);
    }
    g_variant_builder_add(value, "{sv}", "disks", g_variant_builder_end(&disks));
}

static GVariant *
imported_domain(const ImportDomain *domain)
{
    g_autoptr(GPtrArray) snapshots = g_ptr_array_new();
    GVariantBuilder value;

    for (guint i = 0; i < domain->snapshots->len; i++)
        g_ptr_array_add(snapshots,
                        ((const ImportSnapshot *)g_ptr_array_index(domain->snapshots, i))->name);
    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "name", domain->name);
    dictionary_add_text(&value, "uuid", domain->uuid);
    dictionary_add_text(&value, "from", domain->from->name);
    add_imported_disks(&value, domain);
    dictionary_add_texts(&value, "snapshots", snapshots);
    dictionary_add_flag(&value, "memory", domain->memory || domain->revert);

    return g_variant_builder_end(&value);
}

static void
add_import_report(GVariantBuilder *value, const ImportPlan *plan)
{
    GVariantBuilder domains;

    dictionary_add_text(value, "directory", plan->directory);
    dictionary_add_text(value, "collection", plan->collection);
    dictionary_add_text(value, "pool", plan->pool ? plan->settings->pool : NULL);
    g_variant_builder_init(&domains, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < plan->domains->len; i++)
        g_variant_builder_add_value(&domains,
                                    imported_domain(g_ptr_array_index(plan->domains, i)));
    g_variant_builder_add(value, "{sv}", "domains", g_variant_builder_end(&domains));
}

GVariant *
import_report_findings(const ImportPlan *plan)
{
    GVariantBuilder findings;

    g_variant_builder_init(&findings, G_VARIANT_TYPE_VARDICT);
    add_import_report(&findings, plan);

    return g_variant_builder_end(&findings);
}

/* --- what is planned ---------------------------------------------------------------- */

static void
add_planned_files(GVariantBuilder *value, const ImportPlan *plan)
{
    GVariantBuilder files;

    g_variant_builder_init(&files, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        g_variant_builder_open(&files, G_VARIANT_TYPE_VARDICT);
        dictionary_add_text(&files, "path", file->path);
        dictionary_add_text(&files, "backing", file->backing);
        g_variant_builder_add(&files, "{sv}", "bytes", g_variant_new_uint64(file->from->bytes));
        dictionary_add_flag(&files, "shared", file->shared);
        g_variant_builder_close(&files);
    }
    g_variant_builder_add(value, "{sv}", "files", g_variant_builder_end(&files));
}

static void
add_overlays(GVariantBuilder *value, const ImportPlan *plan)
{
    GVariantBuilder overlays;

    g_variant_builder_init(&overlays, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < plan->overlays->len; i++) {
        const ImportOverlay *overlay = g_ptr_array_index(plan->overlays, i);

        g_variant_builder_open(&overlays, G_VARIANT_TYPE_VARDICT);
        dictionary_add_text(&overlays, "path", overlay->path);
        dictionary_add_text(&overlays, "backing", overlay->backing);
        g_variant_builder_close(&overlays);
    }
    g_variant_builder_add(value, "{sv}", "overlays", g_variant_builder_end(&overlays));
}

static void
add_host(GVariantBuilder *value, GPtrArray *findings)
{
    GVariantBuilder host;

    g_variant_builder_init(&host, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < findings->len; i++) {
        const HostFinding *finding = g_ptr_array_index(findings, i);

        g_variant_builder_open(&host, G_VARIANT_TYPE_VARDICT);
        dictionary_add_text(&host, "member", finding->member);
        dictionary_add_text(&host, "kind", finding->kind);
        dictionary_add_text(&host, "what", finding->what);
        dictionary_add_text(&host, "have", finding->have);
        dictionary_add_text(&host, "would_do", finding->would_do);
        dictionary_add_text(&host, "option", finding->option);
        dictionary_add_flag(&host, "blocks", finding->blocks);
        g_variant_builder_close(&host);
    }
    g_variant_builder_add(value, "{sv}", "host", g_variant_builder_end(&host));
}

GVariant *
import_report_plan(const ImportPlan *plan, GPtrArray *findings)
{
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    add_import_report(&value, plan);
    dictionary_add_text(&value, "pool-path", plan->pool);
    g_variant_builder_add(&value, "{sv}", "bytes", g_variant_new_uint64(plan->bytes));
    dictionary_add_flag(&value, "in-place", plan->export != NULL);
    add_planned_files(&value, plan);
    add_overlays(&value, plan);
    add_host(&value, findings);
    dictionary_add_texts(&value, "warnings", plan->warnings);

    return g_variant_builder_end(&value);
}
