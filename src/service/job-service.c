/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <time.h>

#include "bus/bus-path.h"
#include "service/access.h"
#include "service/job-object.h"
#include "service/job-queue.h"
#include "service/job-service.h"
#include "transfer/engine.h"
#include "util/fd.h"
#include "virtsnap/job-record.h"
#include "virtsnap/job.h"

/* PropertiesChanged at most five times a second. */
#define UPDATE_MS 200
/* How long jobs get to end in order when the service has to. */
#define STOP_SECONDS 20

struct JobService {
    const ServiceConfig *config;
    char *uri;
    void (*busy)(gpointer data);
    gpointer busy_data;
    GDBusObjectManagerServer *manager;
    JobQueue *queue;
    GHashTable *jobs; /* ServiceJob, by path; owned */
    int records;      /* the directory of their records */
    GThreadPool *syncs; /* makes them durable, one by one, while callers go on */
    guint number;     /* of the last job */
};

/* A job with all that the service needs around it. */
typedef struct {
    JobService *service;
    Job *job;
    char *path;
    guint number;
    guint uid;
    BusJob *bus;
    JobEnded ended;
    gpointer ended_data;
    guint update_timer;
    guint removal_timer;
} ServiceJob;

/* --- its turn ----------------------------------------------------------------- */

static guint
workers_for(const ServiceConfig *config, const VirtSnapExportSettings *settings)
{
    guint wanted = settings->parallel > 0 ? settings->parallel : ENGINE_WORKERS;
    guint share = MAX(config->transfers / config->jobs, 1);

    return MIN(wanted, share);
}

static void
start_now(gpointer data)
{
    ServiceJob *self = data;
    g_autoptr(JobInfo) info = job_get_info(self->job);
    JobSubject *subject = job_subject_copy(info->subject);

    g_free(subject->uri);
    subject->uri = g_strdup(self->service->uri);
    subject->settings->parallel = workers_for(self->service->config, subject->settings);
    if (!job_start_export(self->job, job_prepare_export, subject,
                          (GDestroyNotify)job_subject_free))
        g_warning("%s could not be started", self->path);
}

/* The file system that the job writes to, as far as it is there already. */
static guint64
device_of(const JobSubject *subject)
{
    g_autoptr(Target) target = target_new(subject->directory, subject->collection,
                                          subject->snapshot, subject->settings->subdirectory,
                                          NULL);
    TargetSpace space = {0};

    if (target && !target_space(target, &space, NULL))
        return 0;

    return space.device;
}

static gboolean
enqueue(ServiceJob *self, GError **error)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);

    return job_queue_add(self->service->queue, device_of(info->subject), start_now, self, error);
}

/* --- what is kept ------------------------------------------------------------ */

static gboolean
save(ServiceJob *self, GError **error)
{
    g_autoptr(JobRecord) record = job_record_new(self->number, self->uid, job_get_info(self->job));

    if (!job_record_save(record, self->service->records, error))
        return FALSE;
    g_thread_pool_push(self->service->syncs, GUINT_TO_POINTER(self->number), NULL);

    return TRUE;
}

static void
sync_record(gpointer number, gpointer data)
{
    const JobService *service = data;
    g_autoptr(GError) error = NULL;

    if (!job_record_sync(GPOINTER_TO_UINT(number), service->records, &error))
        g_warning("%s", error->message);
}

/* Where nobody waits for an answer. */
static void
save_or_warn(ServiceJob *self)
{
    g_autoptr(GError) error = NULL;

    if (!save(self, &error))
        g_warning("%s: its record cannot be written: %s", self->path, error->message);
}

static void
forget(ServiceJob *self)
{
    g_autoptr(GError) error = NULL;

    if (!job_record_remove(self->number, self->service->records, &error))
        g_warning("%s: %s", self->path, error->message);
}

/* --- what the bus sees ------------------------------------------------------ */

static gboolean
update(gpointer data)
{
    ServiceJob *self = data;
    g_autoptr(JobInfo) info = job_get_info(self->job);

    job_object_update(self->bus, info);

    return G_SOURCE_CONTINUE;
}

static void
service_job_free(gpointer data)
{
    ServiceJob *self = data;

    g_clear_handle_id(&self->update_timer, g_source_remove);
    g_clear_handle_id(&self->removal_timer, g_source_remove);
    job_set_notify(self->job, NULL, NULL);
    g_clear_object(&self->bus);
    job_unref(self->job);
    g_free(self->path);
    g_free(self);
}

static gboolean
remove_job(gpointer data)
{
    ServiceJob *self = data;
    JobService *service = self->service;

    self->removal_timer = 0;
    forget(self);
    g_dbus_object_manager_server_unexport(service->manager, self->path);
    g_hash_table_remove(service->jobs, self->path);
    service->busy(service->busy_data);

    return G_SOURCE_REMOVE;
}

static void
tell_ended(ServiceJob *self, const JobInfo *info)
{
    g_autoptr(GError) error = job_info_error(info);
    JobEnded ended = self->ended;

    bus_job_emit_completed(self->bus, error == NULL, error ? error->message : "");
    self->ended = NULL;
    if (ended)
        ended(error, self->ended_data);
}

/* A finished job stays some time; what can be resumed waits for that. One may be finished more
 * than once, as when it was terminated and then is killed. */
static void
schedule_removal(ServiceJob *self, const JobInfo *info)
{
    guint64 stay = MAX(info->time_before_removal, self->service->config->keep_seconds);
    gint64 left = info->ended / G_USEC_PER_SEC + (gint64)stay - time(NULL);

    g_clear_handle_id(&self->removal_timer, g_source_remove);
    if (!info->resumable)
        self->removal_timer = g_timeout_add_seconds((guint)CLAMP(left, 0, (gint64)stay),
                                                    remove_job, self);
}

static void
on_final(ServiceJob *self, const JobInfo *info)
{
    job_queue_remove(self->service->queue, self);
    /* It may have been resumed meanwhile: that will be told next. */
    if (!job_state_is_final(info->state))
        return;
    g_clear_handle_id(&self->update_timer, g_source_remove);
    save_or_warn(self);
    tell_ended(self, info);
    schedule_removal(self, info);
    self->service->busy(self->service->busy_data);
}

/* One that was interrupted is new again, and waits for its turn like any other. Only here: its
 * place in the queue from before has been given up by now. */
static void
on_new(ServiceJob *self)
{
    g_autoptr(GError) error = NULL;

    if (job_get_state(self->job) != JOB_STATE_NEW || enqueue(self, &error))
        return;
    g_warning("%s: %s", self->path, error->message);
    job_request_state_change(self->job, JOB_REQUEST_TERMINATE, 0);
}

static void
on_state(ServiceJob *self, JobState state)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);

    job_object_update(self->bus, info);
    bus_job_emit_state_changed(self->bus, state);
    if (job_state_is_final(state)) {
        on_final(self, info);
        return;
    }
    g_clear_handle_id(&self->removal_timer, g_source_remove);
    if (state == JOB_STATE_NEW)
        on_new(self);
    if (!self->update_timer)
        self->update_timer = g_timeout_add(UPDATE_MS, update, self);
}

/* A change on its way from the job's thread to the main loop. */
typedef struct {
    JobService *service;
    char *path; /* the job may be gone when it arrives */
    JobChangeKind kind;
    JobState state;
    char *disk;
    JobDiskStatus status;
} Notice;

static gboolean
deliver(gpointer data)
{
    Notice *notice = data;
    ServiceJob *self = g_hash_table_lookup(notice->service->jobs, notice->path);

    if (self && notice->kind == JOB_CHANGE_STATE)
        on_state(self, notice->state);
    else if (self)
        bus_job_emit_block_job(self->bus, notice->disk, JOB_BLOCK_TYPE_BACKUP,
                               (gint)notice->status);
    g_free(notice->path);
    g_free(notice->disk);
    g_free(notice);

    return G_SOURCE_REMOVE;
}

static void
on_change(Job *job, const JobChange *change, gpointer data)
{
    ServiceJob *self = data;
    Notice *notice = g_new0(Notice, 1);

    notice->service = self->service;
    notice->path = g_strdup(self->path);
    notice->kind = change->kind;
    notice->state = change->state;
    if (change->kind == JOB_CHANGE_DISK) {
        notice->disk = g_strdup_printf("%s:%s", change->domain, change->target);
        notice->status = change->status;
    }
    /* As urgent as calls are, or those would see what has long changed. */
    g_idle_add_full(G_PRIORITY_DEFAULT, deliver, notice, NULL);
}

/* --- methods ---------------------------------------------------------------- */

static void
request_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ServiceJob *self = data;
    GVariant *parameters = g_dbus_method_invocation_get_parameters(invocation);
    JobRequestResult result;
    guint32 request;
    guint64 timeout;

    g_variant_get(parameters, "(ut)", &request, &timeout);
    result = job_request_state_change(self->job, request, timeout);
    if (request == JOB_REQUEST_START)
        save_or_warn(self);
    /* One that waits, and shall not start any more. */
    if (job_state_is_final(job_get_state(self->job)))
        job_queue_remove(self->service->queue, self);
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(u)", result));
}

static void
speed_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ServiceJob *self = data;
    guint64 rate;

    g_variant_get(g_dbus_method_invocation_get_parameters(invocation), "(t)", &rate);
    job_set_bandwidth(self->job, rate);
    update(self);
    save_or_warn(self);
    g_dbus_method_invocation_return_value(invocation, NULL);
}

/* What was granted may be about a job that has gone meanwhile. */
typedef struct {
    JobService *service;
    char *path;
    AccessGranted granted;
} ControlCall;

static void
control_call_free(gpointer data)
{
    ControlCall *control = data;

    g_free(control->path);
    g_free(control);
}

static void
control_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const ControlCall *control = data;
    ServiceJob *self = g_hash_table_lookup(control->service->jobs, control->path);
    g_autoptr(GError) error = NULL;

    if (self) {
        control->granted(invocation, self);
        return;
    }
    error = g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                        _("The job '%s' is not there any more"), control->path);
    access_return_error(invocation, error);
}

/* One's own jobs are one's own; those of others are for whom the policy lets. */
static gboolean
control(ServiceJob *self, GDBusMethodInvocation *invocation, AccessGranted granted)
{
    guint uid = access_caller_uid(invocation);
    ControlCall *call;

    if (uid == 0 || (uid == self->uid && uid != ACCESS_NOBODY)) {
        granted(invocation, self);
        return TRUE;
    }
    call = g_new0(ControlCall, 1);
    *call = (ControlCall){self->service, g_strdup(self->path), granted};
    access_check(invocation, ACTION_CONTROL_OTHERS_JOBS, control_granted, call, control_call_free);

    return TRUE;
}

static gboolean
on_request(BusJob *bus, GDBusMethodInvocation *invocation, guint32 request, guint64 timeout,
           gpointer data)
{
    return control(data, invocation, request_granted);
}

static gboolean
on_set_speed(BusJob *bus, GDBusMethodInvocation *invocation, guint64 bandwidth, gpointer data)
{
    return control(data, invocation, speed_granted);
}

static gboolean
on_get_error(BusJob *bus, GDBusMethodInvocation *invocation, gpointer data)
{
    g_autoptr(JobInfo) info = job_get_info(((ServiceJob *)data)->job);
    g_autofree char *xml = job_info_error_xml(info);

    bus_job_complete_get_error(bus, invocation, xml ? xml : "");

    return TRUE;
}

static gboolean
on_get_report(BusJob *bus, GDBusMethodInvocation *invocation, gpointer data)
{
    g_autoptr(JobInfo) info = job_get_info(((ServiceJob *)data)->job);

    bus_job_complete_get_report(bus, invocation, job_object_report(info));

    return TRUE;
}

/* --- jobs ------------------------------------------------------------------- */

static void
show(ServiceJob *self)
{
    g_autoptr(BusObjectSkeleton) object = bus_object_skeleton_new(self->path);

    update(self);
    bus_object_skeleton_set_job(object, self->bus);
    g_dbus_object_manager_server_export(self->service->manager, G_DBUS_OBJECT_SKELETON(object));
}

/* @job: (transfer full) */
static ServiceJob *
add_job(JobService *service, Job *job, guint number, guint uid)
{
    ServiceJob *self = g_new0(ServiceJob, 1);

    self->service = service;
    self->job = job;
    self->number = number;
    self->uid = uid;
    service->number = MAX(service->number, number);
    self->path = g_strdup_printf("%s/%u", BUS_JOBS, number);
    self->bus = bus_job_skeleton_new();
    g_signal_connect(self->bus, "handle-request-state-change", G_CALLBACK(on_request), self);
    g_signal_connect(self->bus, "handle-set-speed", G_CALLBACK(on_set_speed), self);
    g_signal_connect(self->bus, "handle-get-error", G_CALLBACK(on_get_error), self);
    g_signal_connect(self->bus, "handle-get-report", G_CALLBACK(on_get_report), self);
    job_set_notify(job, on_change, self);
    g_hash_table_insert(service->jobs, self->path, self);
    if (service->manager)
        show(self);

    return self;
}

const char *
job_service_start(JobService *service, const JobSubject *subject, guint uid, gboolean resume,
                  JobEnded ended, gpointer data, GError **error)
{
    g_autofree char *owner = access_user_name(uid);
    ServiceJob *self = add_job(service, job_new(owner, subject), service->number + 1, uid);

    if (resume)
        job_set_resume(self->job);
    self->ended = ended;
    self->ended_data = data;
    service->busy(service->busy_data);
    /* A job that was promised is not lost. */
    if (save(self, error) && enqueue(self, error))
        return self->path;
    forget(self);
    g_dbus_object_manager_server_unexport(service->manager, self->path);
    g_hash_table_remove(service->jobs, self->path);

    return NULL;
}

/* --- jobs of earlier runs ----------------------------------------------------- */

static void
restore(JobService *self, const JobRecord *record)
{
    ServiceJob *job =
        add_job(self, job_restore(record->info), record->number, record->uid);
    g_autoptr(JobInfo) info = job_get_info(job->job);

    schedule_removal(job, info);
}

static gboolean
restore_all(JobService *self, GError **error)
{
    g_autofree char *directory = job_record_directory();
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) records = NULL;

    self->records = job_record_open(directory, error);
    if (self->records < 0)
        return FALSE;
    records = job_record_load_all(self->records, &problems, error);
    for (guint i = 0; i < problems->len; i++)
        g_warning("%s: %s", directory, (const char *)g_ptr_array_index(problems, i));
    for (guint i = 0; records && i < records->len; i++)
        restore(self, g_ptr_array_index(records, i));

    return records != NULL;
}

/* --- the whole -------------------------------------------------------------- */

JobService *
job_service_new(const ServiceConfig *config, const char *uri, void (*busy)(gpointer data),
                gpointer data, GError **error)
{
    JobService *self = g_new0(JobService, 1);

    self->config = config;
    self->uri = g_strdup(uri);
    self->busy = busy;
    self->busy_data = data;
    self->queue = job_queue_new(config->jobs, config->per_file_system, config->queued);
    self->jobs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, service_job_free);
    self->syncs = g_thread_pool_new(sync_record, self, 1, FALSE, NULL);
    if (!restore_all(self, error)) {
        job_service_free(self);
        return NULL;
    }

    return self;
}

void
job_service_export(JobService *self, GDBusObjectManagerServer *manager)
{
    GHashTableIter iter;
    gpointer job;

    self->manager = g_object_ref(manager);
    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &job))
        show(job);
}

gboolean
job_service_is_idle(JobService *self)
{
    return job_queue_length(self->queue) == 0;
}

void
job_service_stop(JobService *self)
{
    gint64 end = g_get_monotonic_time() + STOP_SECONDS * G_USEC_PER_SEC;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        job_request_state_change(((ServiceJob *)value)->job, JOB_REQUEST_TERMINATE, 0);
    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        job_wait(((ServiceJob *)value)->job, end);
    /* The main loop does not come to that any more. */
    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        save_or_warn(value);
}

void
job_service_free(JobService *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->jobs);
    job_queue_free(self->queue);
    g_thread_pool_free(self->syncs, FALSE, TRUE);
    fd_clear(&self->records);
    g_clear_object(&self->manager);
    g_free(self->uri);
    g_free(self);
}
