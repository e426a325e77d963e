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

static GVariant *
imported_disk(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ImportDisk *disk = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->target);
    dictionary_add_text(&value, "path", disk->path);
    dictionary_add_text(&value, "format", disk->format);

    return g_variant_builder_end(&value);
}

static GVariant *
imported_domain(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ImportDomain *domain = element;
    g_autoptr(GPtrArray) snapshots = g_ptr_array_new();
    GVariantBuilder value;

    for (guint i = 0; i < domain->snapshots->len; i++)
        g_ptr_array_add(snapshots,
                        ((const ImportSnapshot *)g_ptr_array_index(domain->snapshots, i))->name);
    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "name", domain->name);
    dictionary_add_text(&value, "uuid", domain->uuid);
    dictionary_add_text(&value, "from", domain->from->name);
    dictionary_add_list(&value, "disks", domain->disks, imported_disk, NULL);
    dictionary_add_texts(&value, "snapshots", snapshots);
    dictionary_add_flag(&value, "memory", domain->memory || domain->revert);

    return g_variant_builder_end(&value);
}

static void
add_import_report(GVariantBuilder *value, const ImportPlan *plan)
{
    dictionary_add_text(value, "directory", plan->directory);
    dictionary_add_text(value, "collection", plan->collection);
    dictionary_add_text(value, "pool", plan->pool ? plan->settings->pool : NULL);
    dictionary_add_list(value, "domains", plan->domains, imported_domain, NULL);
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

static GVariant *
planned_file(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ImportFile *file = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "path", file->path);
    dictionary_add_text(&value, "backing", file->backing);
    dictionary_add_size(&value, "bytes", file->from->bytes);
    dictionary_add_flag(&value, "shared", file->shared);

    return g_variant_builder_end(&value);
}

static GVariant *
planned_overlay(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ImportOverlay *overlay = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "path", overlay->path);
    dictionary_add_text(&value, "backing", overlay->backing);

    return g_variant_builder_end(&value);
}

static GVariant *
found_on_host(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const HostFinding *finding = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "member", finding->member);
    dictionary_add_text(&value, "kind", finding->kind);
    dictionary_add_text(&value, "what", finding->what);
    dictionary_add_text(&value, "have", finding->have);
    dictionary_add_text(&value, "would_do", finding->would_do);
    dictionary_add_text(&value, "option", finding->option);
    dictionary_add_flag(&value, "blocks", finding->blocks);

    return g_variant_builder_end(&value);
}

GVariant *
import_report_plan(const ImportPlan *plan, GPtrArray *findings)
{
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    add_import_report(&value, plan);
    dictionary_add_text(&value, "pool-path", plan->pool);
    dictionary_add_size(&value, "bytes", plan->bytes);
    dictionary_add_flag(&value, "in-place", plan->export != NULL);
    dictionary_add_list(&value, "files", plan->files, planned_file, NULL);
    dictionary_add_list(&value, "overlays", plan->overlays, planned_overlay, NULL);
    dictionary_add_list(&value, "host", findings, found_on_host, NULL);
    dictionary_add_texts(&value, "warnings", plan->warnings);

    return g_variant_builder_end(&value);
}
