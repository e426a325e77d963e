/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/detach-work.h"
#include "job/job-plan.h"
#include "library/service-ask.h"
#include "library/service-call.h"
#include "library/service-changes.h"
#include "library/service-works.h"
#include "snapshot/delete-work.h"
#include "snapshot/reference-work.h"

/* --- planning ------------------------------------------------------------------- */

/* @work: (nullable): NULL: @error is set. */
static GVariant *
plan_work(VirtSnapService *self, JobWork *work, GError **error)
{
    return work ? job_plan(work, virt_snap_service_get_uri(self), error) : NULL;
}

static void
plan_in_thread(GTask *task, gpointer source, gpointer data,
               G_GNUC_UNUSED GCancellable *cancellable)
{
    GError *error = NULL;
    GVariant *plan = plan_work(source, data, &error);

    service_call_return(task, plan, (GDestroyNotify)g_variant_unref, error);
}

/* @work: (transfer full) (nullable): NULL: there is only @error (transfer full). */
static void
plan_async(GTask *task, JobWork *work, GError *error, gpointer tag)
{
    g_task_set_source_tag(task, tag);
    if (!work) {
        g_task_return_error(task, error);
        return;
    }
    g_task_set_task_data(task, work, (GDestroyNotify)job_work_unref);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, plan_in_thread);
}

/* --- the verbs -------------------------------------------------------------------- */

GVariant *
virt_snap_service_plan_create_snapshot(VirtSnapService *self, const char *collection,
                                       const char *snapshot, const char *settings,
                                       guint type, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = service_create_work(collection, snapshot, settings, type, error);

    return plan_work(self, work, error);
}

void
virt_snap_service_plan_create_snapshot_async(VirtSnapService *self, const char *collection,
                                             const char *snapshot, const char *settings,
                                             guint type, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    GError *error = NULL;
    JobWork *work = service_create_work(collection, snapshot, settings, type, &error);

    plan_async(task, work, error, virt_snap_service_plan_create_snapshot_async);
}

GVariant *
virt_snap_service_plan_create_snapshot_finish(VirtSnapService *self,
                                              GAsyncResult *result, GError **error)
{
    return service_answer(self, result, error);
}

GVariant *
virt_snap_service_plan_delete_snapshot(VirtSnapService *self, const char *collection,
                                       const char *snapshot, gboolean metadata,
                                       GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(snapshot != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = &delete_work_new(collection, snapshot, metadata)->parent;

    return plan_work(self, work, error);
}

void
virt_snap_service_plan_delete_snapshot_async(VirtSnapService *self, const char *collection,
                                             const char *snapshot, gboolean metadata,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(snapshot != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    JobWork *work = &delete_work_new(collection, snapshot, metadata)->parent;

    plan_async(task, work, NULL, virt_snap_service_plan_delete_snapshot_async);
}

GVariant *
virt_snap_service_plan_delete_snapshot_finish(VirtSnapService *self,
                                              GAsyncResult *result, GError **error)
{
    return service_answer(self, result, error);
}

GVariant *
virt_snap_service_plan_apply_snapshot(VirtSnapService *self, const char *collection,
                                      const char *snapshot, gboolean discard,
                                      gboolean start, gboolean paused, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(snapshot != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work =
        service_apply_work(collection, snapshot, discard, start, paused, error);

    return plan_work(self, work, error);
}

void
virt_snap_service_plan_apply_snapshot_async(VirtSnapService *self, const char *collection,
                                            const char *snapshot, gboolean discard,
                                            gboolean start, gboolean paused,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(snapshot != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    GError *error = NULL;
    JobWork *work = service_apply_work(collection, snapshot, discard, start, paused, &error);

    plan_async(task, work, error, virt_snap_service_plan_apply_snapshot_async);
}

GVariant *
virt_snap_service_plan_apply_snapshot_finish(VirtSnapService *self,
                                             GAsyncResult *result, GError **error)
{
    return service_answer(self, result, error);
}

GVariant *
virt_snap_service_plan_create_reference_point(VirtSnapService *self,
                                              const char *collection, const char *name,
                                              GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work =
        service_reference_work(&reference_create_work_type, collection, name, error);

    return plan_work(self, work, error);
}

void
virt_snap_service_plan_create_reference_point_async(VirtSnapService *self,
                                                    const char *collection, const char *name,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    GError *error = NULL;
    JobWork *work = service_reference_work(&reference_create_work_type, collection, name, &error);

    plan_async(task, work, error, virt_snap_service_plan_create_reference_point_async);
}

GVariant *
virt_snap_service_plan_create_reference_point_finish(VirtSnapService *self,
                                                     GAsyncResult *result,
                                                     GError **error)
{
    return service_answer(self, result, error);
}

GVariant *
virt_snap_service_plan_delete_reference_point(VirtSnapService *self,
                                              const char *collection, const char *name,
                                              GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(name != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work =
        service_reference_work(&reference_delete_work_type, collection, name, error);

    return plan_work(self, work, error);
}

void
virt_snap_service_plan_delete_reference_point_async(VirtSnapService *self,
                                                    const char *collection, const char *name,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(name != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    GError *error = NULL;
    JobWork *work = service_reference_work(&reference_delete_work_type, collection, name, &error);

    plan_async(task, work, error, virt_snap_service_plan_delete_reference_point_async);
}

GVariant *
virt_snap_service_plan_delete_reference_point_finish(VirtSnapService *self,
                                                     GAsyncResult *result,
                                                     GError **error)
{
    return service_answer(self, result, error);
}

GVariant *
virt_snap_service_plan_convert_to_reference_point(VirtSnapService *self,
                                                  const char *collection,
                                                  const char *snapshot, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(snapshot != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = &convert_work_new(collection, snapshot)->parent;

    return plan_work(self, work, error);
}

void
virt_snap_service_plan_convert_to_reference_point_async(VirtSnapService *self,
                                                        const char *collection,
                                                        const char *snapshot,
                                                        GCancellable *cancellable,
                                                        GAsyncReadyCallback callback,
                                                        gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(snapshot != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    JobWork *work = &convert_work_new(collection, snapshot)->parent;

    plan_async(task, work, NULL, virt_snap_service_plan_convert_to_reference_point_async);
}

GVariant *
virt_snap_service_plan_convert_to_reference_point_finish(VirtSnapService *self,
                                                         GAsyncResult *result,
                                                         GError **error)
{
    return service_answer(self, result, error);
}

GVariant *
virt_snap_service_plan_detach_import(VirtSnapService *self, const char *domain,
                                     GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(domain != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = &detach_work_new(domain)->parent;

    return plan_work(self, work, error);
}

void
virt_snap_service_plan_detach_import_async(VirtSnapService *self, const char *domain,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(domain != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    JobWork *work = &detach_work_new(domain)->parent;

    plan_async(task, work, NULL, virt_snap_service_plan_detach_import_async);
}

GVariant *
virt_snap_service_plan_detach_import_finish(VirtSnapService *self, GAsyncResult *result,
                                            GError **error)
{
    return service_answer(self, result, error);
}
