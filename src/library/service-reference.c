/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "collection/members.h"
#include "hypervisor/drivers.h"
#include "library/job-private.h"
#include "library/service-call.h"
#include "library/service-works.h"
#include "library/service.h"
#include "snapshot/delete-work.h"
#include "snapshot/reference-point.h"
#include "snapshot/reference-work.h"

JobWork *
service_reference_work(const JobWorkType *type, const char *collection, const char *name,
                       GError **error)
{
    ReferenceWork *work = reference_work_new(type, collection, name, error);

    return work ? &work->parent : NULL;
}

static VirtSnapJob *
start_work(VirtSnapService *self, const JobWorkType *type, const char *collection,
           const char *name, GError **error)
{
    g_autoptr(JobWork) work = service_reference_work(type, collection, name, error);

    return work ? library_job_start(work, virt_snap_service_get_uri(self)) : NULL;
}

VirtSnapJob *
virt_snap_service_create_reference_point(VirtSnapService *self, const char *collection,
                                         const char *name, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return start_work(self, &reference_create_work_type, collection, name, error);
}

VirtSnapJob *
virt_snap_service_delete_reference_point(VirtSnapService *self, const char *collection,
                                         const char *name, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(name != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return start_work(self, &reference_delete_work_type, collection, name, error);
}

VirtSnapJob *
virt_snap_service_convert_to_reference_point(VirtSnapService *self, const char *collection,
                                             const char *snapshot, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(snapshot != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = &convert_work_new(collection, snapshot)->parent;

    return library_job_start(work, virt_snap_service_get_uri(self));
}

/* --- listing -------------------------------------------------------------------------- */

static char **
names_of_whole(const GPtrArray *points)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();

    for (guint i = 0; i < points->len; i++) {
        const ReferencePoint *point = g_ptr_array_index(points, i);

        if (reference_point_is_whole(point))
            g_strv_builder_add(names, point->name);
    }

    return g_strv_builder_end(names);
}

char **
virt_snap_service_list_reference_points(VirtSnapService *self, const char *collection,
                                        GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(Members) members = members_new(collection, NULL, error);
    g_autoptr(Hypervisor) hypervisor =
        members ? drivers_get()->open_hypervisor(virt_snap_service_get_uri(self), error) : NULL;
    g_autoptr(GPtrArray) points =
        hypervisor ? reference_point_list(hypervisor, members->domains, error) : NULL;

    return points ? names_of_whole(points) : NULL;
}

static void
list_points_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    char **names = virt_snap_service_list_reference_points(source, data, &error);

    service_call_return(task, names, (GDestroyNotify)g_strfreev, error);
}

void
virt_snap_service_list_reference_points_async(VirtSnapService *self, const char *collection,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_service_list_reference_points_async);
    g_task_set_task_data(task, g_strdup(collection), g_free);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, list_points_in_thread);
}

char **
virt_snap_service_list_reference_points_finish(VirtSnapService *self, GAsyncResult *result,
                                               GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}
