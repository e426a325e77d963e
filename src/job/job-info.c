/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "archive/manifest.h"
#include "export/export.h"
#include "job/job-info.h"
#include "util/strings.h"

/* --- disks ---------------------------------------------------------------- */

JobDisk *
job_disk_new(const char *domain, const char *target, const char *path)
{
    JobDisk *self = g_new0(JobDisk, 1);

    self->domain = g_strdup(domain);
    self->target = g_strdup(target);
    self->path = g_strdup(path);
    self->figures = (JobFigures){.type = JOB_BLOCK_TYPE_BACKUP, .end = 1};

    return self;
}

JobDisk *
job_disk_copy(const JobDisk *self)
{
    JobDisk *copy = job_disk_new(self->domain, self->target, self->path);

    copy->figures = self->figures;

    return copy;
}

void
job_disk_free(JobDisk *self)
{
    if (!self)
        return;
    g_free(self->domain);
    g_free(self->target);
    g_free(self->path);
    g_free(self);
}

static GPtrArray *
new_disks(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)job_disk_free);
}

GPtrArray *
job_info_copy_disks(GPtrArray *disks)
{
    GPtrArray *copy = new_disks();

    for (guint i = 0; i < disks->len; i++)
        g_ptr_array_add(copy, job_disk_copy(g_ptr_array_index(disks, i)));

    return copy;
}

static guint
layer_number(const Plan *plan, const PlanLayer *layer)
{
    guint i = 0;

    while (g_ptr_array_index(plan->layers, i) != layer)
        i++;

    return i;
}

static void
add_disk(const Plan *plan, const PlanDomain *domain, const PlanDisk *disk, GPtrArray *disks,
         GPtrArray *parts)
{
    JobDisk *self = job_disk_new(domain->name, disk->def->target, disk->top->source->path);
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));

    for (const PlanLayer *layer = disk->top; layer; layer = layer->backing) {
        guint number = layer_number(plan, layer);

        g_array_append_val(numbers, number);
        self->figures.end += layer->bytes;
    }
    g_ptr_array_add(disks, self);
    g_ptr_array_add(parts, numbers);
}

GPtrArray *
job_disks_new(const Plan *plan, GPtrArray **parts)
{
    GPtrArray *disks = new_disks();

    *parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

        for (guint j = 0; j < snapshot->disks->len; j++) {
            const PlanDisk *disk = g_ptr_array_index(snapshot->disks, j);

            if (disk->top)
                add_disk(plan, domain, disk, disks, *parts);
        }
    }

    return disks;
}

guint
job_figures_percent(const JobFigures *figures)
{
    if (figures->cur >= figures->end)
        return 100;
    /* The product of two sizes may not fit. */
    return MIN(99, (guint)((long double)figures->cur * 100 / (long double)figures->end));
}

/* --- what it is for ------------------------------------------------------- */

JobSubject *
job_subject_new(void)
{
    JobSubject *self = g_new0(JobSubject, 1);

    self->domains = g_ptr_array_new_with_free_func(g_free);

    return self;
}

JobSubject *
job_subject_copy(const JobSubject *self)
{
    JobSubject *copy = g_new0(JobSubject, 1);

    copy->uri = g_strdup(self->uri);
    copy->collection = g_strdup(self->collection);
    copy->domains = strings_copy(self->domains);
    copy->snapshot = g_strdup(self->snapshot);
    copy->directory = g_strdup(self->directory);
    copy->settings = self->settings ? virt_snap_export_settings_copy(self->settings) : NULL;

    return copy;
}

void
job_subject_free(JobSubject *self)
{
    if (!self)
        return;
    g_free(self->uri);
    g_free(self->collection);
    g_ptr_array_unref(self->domains);
    g_free(self->snapshot);
    g_free(self->directory);
    virt_snap_export_settings_free(self->settings);
    g_free(self);
}

/* --- what it has made ----------------------------------------------------- */

JobReport *
job_report_new_empty(void)
{
    JobReport *self = g_new0(JobReport, 1);

    self->domains = g_ptr_array_new_with_free_func(g_free);
    self->disks = g_ptr_array_new_with_free_func(g_free);
    self->config = g_ptr_array_new_with_free_func(g_free);
    self->memory = g_ptr_array_new_with_free_func(g_free);
    self->guest_state = g_ptr_array_new_with_free_func(g_free);

    return self;
}

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

    /* Disks may be shared, too. */
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
job_report_new(const Plan *plan, const char *directory)
{
    JobReport *self = job_report_new_empty();

    self->directory = g_strdup(directory);
    self->base = g_strdup(plan->settings->base);
    for (guint i = 0; i < plan->domains->len; i++)
        report_domain(self, g_ptr_array_index(plan->domains, i));
    for (guint i = 0; i < plan->files->len; i++)
        report_file(self, g_ptr_array_index(plan->files, i));
    g_ptr_array_add(self->config, g_build_filename(directory, MANIFEST_FILE, NULL));

    return self;
}

JobReport *
job_report_copy(const JobReport *self)
{
    JobReport *copy = g_new0(JobReport, 1);

    copy->domains = strings_copy(self->domains);
    copy->directory = g_strdup(self->directory);
    copy->disks = strings_copy(self->disks);
    copy->config = strings_copy(self->config);
    copy->memory = strings_copy(self->memory);
    copy->guest_state = strings_copy(self->guest_state);
    copy->base = g_strdup(self->base);

    return copy;
}

void
job_report_free(JobReport *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->domains);
    g_free(self->directory);
    g_ptr_array_unref(self->disks);
    g_ptr_array_unref(self->config);
    g_ptr_array_unref(self->memory);
    g_ptr_array_unref(self->guest_state);
    g_free(self->base);
    g_free(self);
}

/* --- all of it ------------------------------------------------------------ */

JobInfo *
job_info_new(void)
{
    JobInfo *self = g_new0(JobInfo, 1);

    self->disks = new_disks();
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}

/* "Export of web, nightly": the collection, or the domains of an unnamed one. */
static char *
name_of(const JobSubject *subject)
{
    ExportSubject what = {.collection = subject->collection, .domains = subject->domains};
    g_autofree char *name = export_name(&what);

    return g_strdup_printf("Export of %s, %s", name, subject->snapshot);
}

JobInfo *
job_info_begin(const char *owner, const JobSubject *subject)
{
    JobInfo *info = job_info_new();
    g_autofree char *uuid = g_uuid_string_random();

    info->id = g_strdup_printf("virtsnap:%s", uuid);
    info->name = name_of(subject);
    info->owner = g_strdup(owner);
    info->type = JOB_TYPE_EXPORT;
    info->state = JOB_STATE_NEW;
    info->submitted = info->changed = g_get_real_time();
    info->cancellable = TRUE;
    info->time_before_removal = JOB_REMOVAL_SECONDS;
    info->figures = (JobFigures){.type = JOB_BLOCK_TYPE_BACKUP, .end = 1};
    info->subject = job_subject_copy(subject);

    return info;
}

JobInfo *
job_info_copy(const JobInfo *self)
{
    JobInfo *copy = g_memdup2(self, sizeof *self);

    copy->id = g_strdup(self->id);
    copy->name = g_strdup(self->name);
    copy->owner = g_strdup(self->owner);
    copy->error = g_strdup(self->error);
    copy->disks = job_info_copy_disks(self->disks);
    copy->subject = self->subject ? job_subject_copy(self->subject) : NULL;
    copy->report = self->report ? job_report_copy(self->report) : NULL;
    copy->warnings = strings_copy(self->warnings);

    return copy;
}

void
job_info_free(JobInfo *self)
{
    if (!self)
        return;
    g_free(self->id);
    g_free(self->name);
    g_free(self->owner);
    g_free(self->error);
    g_ptr_array_unref(self->disks);
    job_subject_free(self->subject);
    job_report_free(self->report);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}
