/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-plan.h"
#include "library/service-ask.h"
#include "library/service-call.h"
#include "library/service-info.h"
#include "library/service-works.h"
#include "settings/settings.h"

/* What exports and imports would do. */

/* --- exports -------------------------------------------------------------------- */

GVariant *
virt_snap_service_plan_export(VirtSnapService *self, const char *collection, const char *snapshot,
                              const char *directory, VirtSnapExportSettings *settings,
                              GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work =
        service_export_work(collection, snapshot, directory, settings, error);

    return work ? job_plan(work, virt_snap_service_get_uri(self), error) : NULL;
}

/* The parameters of a call. */
typedef struct {
    char *collection;
    char *snapshot; /* NULL: none */
    char *directory;
    VirtSnapExportSettings *settings; /* NULL: the defaults */
} ExportQuestion;

static void
export_question_free(gpointer data)
{
    ExportQuestion *self = data;

    g_free(self->collection);
    g_free(self->snapshot);
    g_free(self->directory);
    virt_snap_export_settings_free(self->settings);
    g_free(self);
}

static void
plan_export_in_thread(GTask *task, gpointer source, gpointer data,
                      G_GNUC_UNUSED GCancellable *cancellable)
{
    const ExportQuestion *asked = data;
    GError *error = NULL;
    GVariant *plan = virt_snap_service_plan_export(source, asked->collection, asked->snapshot,
                                                   asked->directory, asked->settings, &error);

    service_call_return(task, plan, (GDestroyNotify)g_variant_unref, error);
}

void
virt_snap_service_plan_export_async(VirtSnapService *self, const char *collection,
                                    const char *snapshot, const char *directory,
                                    VirtSnapExportSettings *settings, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    ExportQuestion *asked = g_new0(ExportQuestion, 1);

    *asked = (ExportQuestion){g_strdup(collection), g_strdup(snapshot), g_strdup(directory),
                              settings ? virt_snap_export_settings_copy(settings) : NULL};
    g_task_set_source_tag(task, virt_snap_service_plan_export_async);
    g_task_set_task_data(task, asked, export_question_free);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, plan_export_in_thread);
}

GVariant *
virt_snap_service_plan_export_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    return service_answer(self, result, error);
}

/* --- imports -------------------------------------------------------------------- */

GVariant *
virt_snap_service_plan_import(VirtSnapService *self, const char *path, const char *directory,
                              const char *settings, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(path != NULL, NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = service_import_work(path, directory, settings, error);

    return work ? job_plan(work, virt_snap_service_get_uri(self), error) : NULL;
}

/* The words are the path, the directory and the settings, if there are any. */
static void
plan_import_in_thread(GTask *task, gpointer source, gpointer data,
                      G_GNUC_UNUSED GCancellable *cancellable)
{
    char *const *words = data;
    GError *error = NULL;
    GVariant *plan =
        virt_snap_service_plan_import(source, words[0], words[1], words[2], &error);

    service_call_return(task, plan, (GDestroyNotify)g_variant_unref, error);
}

void
virt_snap_service_plan_import_async(VirtSnapService *self, const char *path, const char *directory,
                                    const char *settings, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(path != NULL);
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const char *const words[] = {path, directory, settings, NULL};
    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_service_plan_import_async);
    g_task_set_task_data(task, g_strdupv((char **)words), (GDestroyNotify)g_strfreev);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, plan_import_in_thread);
}

GVariant *
virt_snap_service_plan_import_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    return service_answer(self, result, error);
}
