/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "library/job-private.h"
#include "library/service-call.h"
#include "library/service-works.h"
#include "library/service.h"
#include "snapshot/create-settings.h"
#include "snapshot/create-work.h"

/* The parameters of a call. */
typedef struct {
    char *collection;
    char *snapshot; /* NULL: from the settings, or the present time */
    char *settings; /* NULL: the defaults */
    guint type;
} CreateRequest;

static CreateRequest *
request_new(const char *collection, const char *snapshot, const char *settings, guint type)
{
    CreateRequest *self = g_new0(CreateRequest, 1);

    self->collection = g_strdup(collection);
    self->snapshot = g_strdup(snapshot);
    self->settings = g_strdup(settings);
    self->type = type;

    return self;
}

static void
request_free(CreateRequest *self)
{
    g_free(self->collection);
    g_free(self->snapshot);
    g_free(self->settings);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CreateRequest, request_free)

JobWork *
service_create_work(const char *collection, const char *snapshot, const char *settings, guint type,
                    GError **error)
{
    g_autofree char *named = NULL;
    g_autofree char *now = create_default_name();
    CreateSettings parsed;

    if (!create_settings_parse(settings ? settings : "", type, &parsed, &named, error))
        return NULL;
    if (!snapshot)
        snapshot = named ? named : now;

    return &create_work_new(collection, NULL, snapshot, &parsed)->parent;
}

/* Looks the collection up, and asks no hypervisor. Returns: owned by the caller. */
static JobWork *
create_work_for(const CreateRequest *self, GError **error)
{
    g_autoptr(JobWork) work = service_create_work(self->collection, self->snapshot,
                                                  self->settings, self->type, error);
    CreateWork *create = (CreateWork *)work;

    if (!work)
        return NULL;
    create->members = members_new(self->collection, NULL, error);

    return create->members ? g_steal_pointer(&work) : NULL;
}

VirtSnapJob *
virt_snap_service_create_snapshot(VirtSnapService *self, const char *collection,
                                  const char *snapshot, const char *settings, guint type,
                                  GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(CreateRequest) request = request_new(collection, snapshot, settings, type);
    g_autoptr(JobWork) work = create_work_for(request, error);

    return work ? library_job_start(work, virt_snap_service_get_uri(self)) : NULL;
}

static void
create_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    JobWork *work = create_work_for(data, &error);

    service_call_return(task, work, (GDestroyNotify)job_work_unref, error);
}

void
virt_snap_service_create_snapshot_async(VirtSnapService *self, const char *collection,
                                        const char *snapshot, const char *settings, guint type,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_service_create_snapshot_async);
    g_task_set_task_data(task, request_new(collection, snapshot, settings, type),
                         (GDestroyNotify)request_free);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, create_in_thread);
}

/* The job is started here and not in the thread, because it reports its changes in the main context
 * of the thread that starts it. */
VirtSnapJob *
virt_snap_service_create_snapshot_finish(VirtSnapService *self, GAsyncResult *result,
                                         GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = g_task_propagate_pointer(G_TASK(result), error);

    return work ? library_job_start(work, virt_snap_service_get_uri(self)) : NULL;
}
