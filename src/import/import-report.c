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

GVariant *
import_report_findings(const ImportPlan *plan)
{
    GVariantBuilder findings, domains;

    g_variant_builder_init(&findings, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&findings, "directory", plan->directory);
    dictionary_add_text(&findings, "collection", plan->collection);
    dictionary_add_text(&findings, "pool", plan->pool ? plan->settings->pool : NULL);
    g_variant_builder_init(&domains, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < plan->domains->len; i++)
        g_variant_builder_add_value(&domains,
                                    imported_domain(g_ptr_array_index(plan->domains, i)));
    g_variant_builder_add(&findings, "{sv}", "domains", g_variant_builder_end(&domains));

    return g_variant_builder_end(&findings);
}
