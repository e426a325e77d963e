/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "archive/manifest.h"
#include "export/export-report.h"
#include "job/job-disk.h"

/* --- disks ---------------------------------------------------------------- */

static void
add_job_disk(const Plan *plan, const PlanDomain *domain, const PlanDisk *disk, GPtrArray *disks,
             GPtrArray *parts)
{
    JobDisk *self = job_disk_new(domain->name, disk->def->target, disk->top->source->path);
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));

    for (const PlanLayer *layer = disk->top; layer; layer = layer->backing) {
        guint number = layer->number + 1;

        g_array_append_val(numbers, number);
        self->figures.end += layer->bytes;
    }
    g_ptr_array_add(disks, self);
    g_ptr_array_add(parts, numbers);
}

GPtrArray *
export_report_disks(const Plan *plan, GPtrArray **parts)
{
    GPtrArray *disks = job_disks_new();

    *parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

        for (guint j = 0; j < snapshot->disks->len; j++) {
            const PlanDisk *disk = g_ptr_array_index(snapshot->disks, j);

            if (disk->top)
                add_job_disk(plan, domain, disk, disks, *parts);
        }
    }

    return disks;
}

/* --- report --------------------------------------------------------------- */

static void
report_file(JobReport *self, const PlanFile *file)
{
    static const char *const guest_state[] = {"nvram", "loader", "nvdimm", "tpm", NULL};
    GPtrArray *list = self->config;

    if (g_str_equal(file->role, "memory"))
        list = self->memory;
    else if (g_strv_contains(guest_state, file->role))
        list = self->guest_state;
    g_ptr_array_add(list, g_build_filename(self->directory, file->path, NULL));
}

static void
report_disk(JobReport *self, const PlanLayer *top)
{
    g_autofree char *path = g_build_filename(self->directory, top->file, NULL);

    /* Several disks can have the same top layer. */
    if (!g_ptr_array_find_with_equal_func(self->disks, path, g_str_equal, NULL))
        g_ptr_array_add(self->disks, g_steal_pointer(&path));
}

static void
report_domain(JobReport *self, const PlanDomain *domain)
{
    const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

    g_ptr_array_add(self->domains, g_strdup(domain->uuid));
    for (guint i = 0; i < snapshot->disks->len; i++) {
        const PlanDisk *disk = g_ptr_array_index(snapshot->disks, i);

        if (disk->top)
            report_disk(self, disk->top);
    }
}

JobReport *
export_report_new(const Plan *plan, const char *directory)
{
    JobReport *self = job_report_new();

    self->directory = g_strdup(directory);
    self->base = g_strdup(plan->base ? plan->base->path : NULL);
    for (guint i = 0; i < plan->domains->len; i++)
        report_domain(self, g_ptr_array_index(plan->domains, i));
    for (guint i = 0; i < plan->files->len; i++)
        report_file(self, g_ptr_array_index(plan->files, i));
    g_ptr_array_add(self->config, g_build_filename(directory, MANIFEST_FILE, NULL));

    return self;
}

GVariant *
export_report_findings(const ExportResult *result)
{
    GVariantBuilder findings;

    g_variant_builder_init(&findings, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&findings, "{sv}", "bytes", g_variant_new_uint64(result->bytes));
    g_variant_builder_add(&findings, "{sv}", "copied", g_variant_new_uint64(result->copied));
    g_variant_builder_add(&findings, "{sv}", "linked", g_variant_new_uint64(result->linked));
    g_variant_builder_add(&findings, "{sv}", "layers", g_variant_new_uint32(result->layers));

    return g_variant_builder_end(&findings);
}
