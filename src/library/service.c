/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/collection-store.h"
#include "collection/members.h"
#include "drivers/register.h"
#include "export/export-work.h"
#include "import/detach-work.h"
#include "import/import-work.h"
#include "hypervisor/drivers.h"
#include "library/job-private.h"
#include "library/service-call.h"
#include "library/service-works.h"
#include "library/service.h"
#include "settings/settings.h"
#include "snapshot/apply-work.h"
#include "snapshot/delete-work.h"
#include "snapshot/snapshot-list.h"
#include "util/strings.h"

struct _VirtSnapService {
    GObject parent_instance;
    char *uri;
    gint resume; /* any thread may use the service: to be accessed atomically */
};

G_DEFINE_FINAL_TYPE(VirtSnapService, virt_snap_service, G_TYPE_OBJECT)

enum {
    PROP_URI = 1,
    PROP_RESUME,
    N_PROPERTIES,
};
static GParamSpec *properties[N_PROPERTIES];

VirtSnapService *
virt_snap_service_new(const char *uri)
{
    return g_object_new(VIRT_SNAP_TYPE_SERVICE, "uri", uri, NULL);
}

const char *
virt_snap_service_get_uri(VirtSnapService *self)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);

    return self->uri;
}

gboolean
virt_snap_service_get_resume(VirtSnapService *self)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), FALSE);

    return g_atomic_int_get(&self->resume);
}

void
virt_snap_service_set_resume(VirtSnapService *self, gboolean resume)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));

    g_atomic_int_set(&self->resume, resume != FALSE);
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_RESUME]);
}

/* Starts the job of an export or import. */
static VirtSnapJob *
start_transfer(VirtSnapService *self, JobWork *work)
{
    return virt_snap_service_get_resume(self) ? library_job_resume(work, self->uri)
                                              : library_job_start(work, self->uri);
}

/* --- export ------------------------------------------------------------------- */

/* The parameters of an export, unchanged. */
typedef struct {
    char *collection; /* NULL: domains are named instead */
    char **domains;
    ExportPlace *place;
    gboolean named; /* the snapshot or export is named by the program */
    VirtSnapExportSettings *settings;
} Request;

static void
export_request_free(Request *self)
{
    g_free(self->collection);
    g_strfreev(self->domains);
    export_place_free(self->place);
    virt_snap_export_settings_free(self->settings);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, export_request_free)

static Request *
ask_for(const char *collection, char *const *domains, const char *snapshot,
        const char *directory, const VirtSnapExportSettings *settings)
{
    Request *self = g_new0(Request, 1);

    self->collection = g_strdup(collection);
    self->domains = g_strdupv((char **)domains);
    self->settings =
        settings ? virt_snap_export_settings_copy(settings) : virt_snap_export_settings_new();
    self->place = export_place_new(directory, NULL, snapshot, self->settings->subdirectory);
    self->named = snapshot != NULL;

    return self;
}

/* Makes the work of an export. It looks up the members of the collection, and waits while others
 * change collections, or checks the names of the domains. Returns: owned by the caller. */
static JobWork *
export_work_for(const Request *request, GError **error)
{
    Members *members = members_new(request->collection, request->domains, error);
    g_autoptr(JobWork) work = NULL;
    ExportWork *export;

    if (!members)
        return NULL;
    if (!request->named && request->settings->live == VIRT_SNAP_LIVE_NO) {
        members_free(members);
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("No snapshot is named; only a live export needs none"));
        return NULL;
    }
    export = export_work_new(request->collection, members, export_place_copy(request->place),
                             virt_snap_export_settings_copy(request->settings));
    work = &export->parent;

    return virt_snap_export_settings_check_supported(request->settings, error)
               ? g_steal_pointer(&work)
               : NULL;
}

JobWork *
service_export_work(const char *collection, const char *snapshot, const char *directory,
                    const VirtSnapExportSettings *settings, GError **error)
{
    g_autoptr(Request) request = ask_for(collection, NULL, snapshot, directory, settings);

    return export_work_for(request, error);
}

static VirtSnapJob *
start_export_task(VirtSnapService *self, Request *request, GError **error)
{
    g_autoptr(JobWork) work = export_work_for(request, error);

    return work ? start_transfer(self, work) : NULL;
}

VirtSnapJob *
virt_snap_service_export(VirtSnapService *self, const char *collection, const char *snapshot,
                         const char *directory, VirtSnapExportSettings *settings, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(Request) request = ask_for(collection, NULL, snapshot, directory, settings);

    return start_export_task(self, request, error);
}

VirtSnapJob *
virt_snap_service_export_domains(VirtSnapService *self, char *const *domains,
                                 const char *snapshot, const char *directory,
                                 VirtSnapExportSettings *settings, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(domains != NULL, NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(Request) request = ask_for(NULL, domains, snapshot, directory, settings);

    return start_export_task(self, request, error);
}

static void
export_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    JobWork *work = export_work_for(data, &error);

    service_call_return(task, work, (GDestroyNotify)job_work_unref, error);
}

void
virt_snap_service_export_async(VirtSnapService *self, const char *collection,
                               const char *snapshot, const char *directory,
                               VirtSnapExportSettings *settings, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_service_export_async);
    g_task_set_task_data(task, ask_for(collection, NULL, snapshot, directory, settings),
                         (GDestroyNotify)export_request_free);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, export_in_thread);
}

/* The job is started here and not in the thread, because it reports its changes in the main context
 * of the thread that starts it. */
VirtSnapJob *
virt_snap_service_export_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = g_task_propagate_pointer(G_TASK(result), error);

    return work ? start_transfer(self, work) : NULL;
}

/* --- import ------------------------------------------------------------------- */

JobWork *
service_import_work(const char *path, const char *directory, const char *settings,
                    GError **error)
{
    ImportSettings *parsed = import_settings_parse(settings, error);

    return parsed ? &import_work_new(path, directory, parsed)->parent : NULL;
}

VirtSnapJob *
virt_snap_service_import(VirtSnapService *self, const char *path, const char *directory,
                         const char *settings, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(path != NULL, NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = service_import_work(path, directory, settings, error);

    return work ? start_transfer(self, work) : NULL;
}

/* The words are the path, the directory and the settings, if there are any. */
static void
import_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    char *const *words = data;
    GError *error = NULL;
    JobWork *work = service_import_work(words[0], words[1], words[2], &error);

    service_call_return(task, work, (GDestroyNotify)job_work_unref, error);
}

void
virt_snap_service_import_async(VirtSnapService *self, const char *path, const char *directory,
                               const char *settings, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(path != NULL);
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const char *const words[] = {path, directory, settings, NULL};
    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_service_import_async);
    g_task_set_task_data(task, g_strdupv((char **)words), (GDestroyNotify)g_strfreev);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, import_in_thread);
}

VirtSnapJob *
virt_snap_service_import_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = g_task_propagate_pointer(G_TASK(result), error);

    return work ? start_transfer(self, work) : NULL;
}

VirtSnapJob *
virt_snap_service_detach_import(VirtSnapService *self, const char *domain, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(domain != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = &detach_work_new(domain)->parent;

    return library_job_start(work, self->uri);
}

/* --- snapshots ------------------------------------------------------------------ */

JobWork *
service_apply_work(const char *collection, const char *snapshot, gboolean discard, gboolean start,
                   gboolean paused, GError **error)
{
    ApplyState state = start ? APPLY_RUNNING : paused ? APPLY_PAUSED : APPLY_AS_IT_WAS;

    if (!start || !paused)
        return &apply_work_new(collection, snapshot, discard, state)->parent;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The options 'start' and 'paused' exclude each other"));

    return NULL;
}

VirtSnapJob *
virt_snap_service_apply_snapshot(VirtSnapService *self, const char *collection,
                                 const char *snapshot, gboolean discard, gboolean start,
                                 gboolean paused, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(snapshot != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work =
        service_apply_work(collection, snapshot, discard, start, paused, error);

    return work ? library_job_start(work, self->uri) : NULL;
}

VirtSnapJob *
virt_snap_service_delete_snapshot(VirtSnapService *self, const char *collection,
                                  const char *snapshot, gboolean metadata, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(snapshot != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(JobWork) work = &delete_work_new(collection, snapshot, metadata)->parent;

    return library_job_start(work, self->uri);
}

char **
virt_snap_service_list_snapshots(VirtSnapService *self, const char *collection, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    g_autoptr(GPtrArray) domains = virt_snap_collection_store_resolve(store, collection, error);
    g_autoptr(Hypervisor) hypervisor =
        domains ? drivers_get()->open_hypervisor(self->uri, error) : NULL;
    g_autoptr(GPtrArray) names =
        hypervisor ? snapshot_list_common(hypervisor, domains, error) : NULL;

    return names ? strings_to_strv(names) : NULL;
}

static void
list_snapshots_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    char **names = virt_snap_service_list_snapshots(source, data, &error);

    service_call_return(task, names, (GDestroyNotify)g_strfreev, error);
}

void
virt_snap_service_list_snapshots_async(VirtSnapService *self, const char *collection,
                                       GCancellable *cancellable, GAsyncReadyCallback callback,
                                       gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_service_list_snapshots_async);
    g_task_set_task_data(task, g_strdup(collection), g_free);
    /* A call of libvirt cannot be interrupted, so a cancelled task returns at once while its thread
     * still waits. */
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, list_snapshots_in_thread);
}

char **
virt_snap_service_list_snapshots_finish(VirtSnapService *self, GAsyncResult *result,
                                        GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- the object --------------------------------------------------------------------- */

static void
service_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    if (id == PROP_URI)
        g_value_set_string(value, VIRT_SNAP_SERVICE(object)->uri);
    else if (id == PROP_RESUME)
        g_value_set_boolean(value, virt_snap_service_get_resume(VIRT_SNAP_SERVICE(object)));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
service_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    if (id == PROP_URI)
        VIRT_SNAP_SERVICE(object)->uri = g_value_dup_string(value);
    else if (id == PROP_RESUME)
        virt_snap_service_set_resume(VIRT_SNAP_SERVICE(object), g_value_get_boolean(value));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
service_finalize(GObject *object)
{
    g_free(VIRT_SNAP_SERVICE(object)->uri);
    G_OBJECT_CLASS(virt_snap_service_parent_class)->finalize(object);
}

static void
virt_snap_service_class_init(VirtSnapServiceClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->get_property = service_get_property;
    object_class->set_property = service_set_property;
    object_class->finalize = service_finalize;
    properties[PROP_URI] =
        g_param_spec_string("uri", NULL, NULL, NULL,
                            G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
    properties[PROP_RESUME] =
        g_param_spec_boolean("resume", NULL, NULL, FALSE,
                             G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object_class, N_PROPERTIES, properties);
    register_drivers();
}

static void
virt_snap_service_init(VirtSnapService *self)
{
}
