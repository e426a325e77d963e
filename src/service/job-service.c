/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "job/job.h"
#include "service/job-expiry.h"
#include "service/job-methods.h"
#include "service/job-object.h"
#include "service/job-service.h"
#include "service/service-job.h"
#include "service/work.h"

/* Interval of updates of properties: at most five PropertiesChanged a second. */
#define UPDATE_MS 200
/* Seconds that jobs get to end in an orderly way when the service stops, and those that have
 * something of guests: less than the unit's TimeoutStopSec. */
#define STOP_SECONDS 20
#define GUEST_SECONDS 280
/* A service that is ending may have the records a little longer than its name on the bus, which
 * waits only 25 seconds for a service that it starts. */
#define RECORDS_SECONDS 10
/* Maximal number of jobs, so that all of them and the collections fit into one D-Bus message. */
#define JOBS_MAX 12000u

/* --- queueing ----------------------------------------------------------------- */

static void
start_queued_job(gpointer data)
{
    ServiceJob *self = data;
    const ServiceConfig *config = self->service->config;
    const JobHost host = {
        .uri = self->service->uri,
        .workers = MAX(config->transfers / config->jobs, 1),
    };

    if (!job_start(self->job, &host))
        g_warning("%s could not be started", self->path);
}

static gboolean
enqueue_job(ServiceJob *self, guint64 device, GError **error)
{
    return job_queue_add(self->service->queue, device, start_queued_job, self, error);
}

/* --- records ----------------------------------------------------------------- */

static void emit_ended(ServiceJob *self);

/* A job that has ended and whose record is being saved. */
typedef struct {
    JobService *service;
    char *path;
} Ended;

static void
on_end_saved(const GError *error, gpointer data)
{
    Ended *ended = data;
    ServiceJob *self = g_hash_table_lookup(ended->service->jobs, ended->path);

    if (error)
        g_warning("%s", error->message);
    if (self)
        emit_ended(self);
    g_free(ended->path);
    g_free(ended);
}

/* Saves the record of a job that has ended. Clients are told of the end only when the record is
 * saved. */
static void
save_ended_job(ServiceJob *self)
{
    Ended *ended = g_new0(Ended, 1);

    *ended = (Ended){self->service, g_strdup(self->path)};
    job_keeper_save(self->service->keeper, self->job, self->number, self->uid, on_end_saved,
                    ended);
}

/* --- the object on the bus -------------------------------------------------- */

static gboolean
update_service_job(gpointer data)
{
    service_job_update(data);

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
    g_free(self->starter);
    g_free(self);
}

static gboolean
remove_job(gpointer data)
{
    ServiceJob *self = data;
    JobService *service = self->service;

    self->removal_timer = 0;
    job_keeper_forget(service->keeper, self->number);
    g_dbus_object_manager_server_unexport(service->manager, self->path);
    g_hash_table_remove(service->jobs, self->path);
    service->busy(service->busy_data);

    return G_SOURCE_REMOVE;
}

static void
emit_ended(ServiceJob *self)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);
    g_autoptr(GError) error = job_info_error(info);
    JobEnded ended = self->ended;

    /* The job was resumed meanwhile and will end later. */
    if (!job_state_is_final(info->state))
        return;

    bus_job_emit_completed(self->bus, error == NULL,
                           error && self->service->session ? error->message : "");
    self->ended = NULL;
    if (ended)
        ended(error, self->ended_data);
}

/* A job whose time to be resumed has expired. */
typedef struct {
    JobService *service;
    char *path;
} Expiring;

static gboolean expire_job(gpointer data);

static void
on_expiry_checked(guint left, gpointer data)
{
    Expiring *expiring = data;
    ServiceJob *self = g_hash_table_lookup(expiring->service->jobs, expiring->path);

    if (self && left > 0 && !self->removal_timer && job_state_is_final(job_get_state(self->job)))
        self->removal_timer = g_timeout_add_seconds(left, expire_job, self);
    g_free(expiring->path);
    g_free(expiring);
}

static gboolean
expire_job(gpointer data)
{
    ServiceJob *self = data;
    Expiring *expiring = g_new0(Expiring, 1);

    self->removal_timer = 0;
    *expiring = (Expiring){self->service, g_strdup(self->path)};
    job_expiry_check(self->job, self->path, self->service->config->keep_interrupted,
                     on_expiry_checked, expiring);

    return G_SOURCE_REMOVE;
}

/* Schedules the removal of a finished job; one that can be resumed is kept longer. A job can finish
 * several times, as when it was terminated and is killed later, so an earlier timer is replaced. */
static void
schedule_removal(ServiceJob *self, const JobInfo *info)
{
    guint64 stay = service_job_stay(self->service, info);
    guint left;

    g_clear_handle_id(&self->removal_timer, g_source_remove);
    if (stay == G_MAXUINT64)
        return;
    left = job_expiry_left(info->ended / G_USEC_PER_SEC, stay);
    self->removal_timer =
        g_timeout_add_seconds(left, info->resumable ? expire_job : remove_job, self);
}

static void
on_job_final(ServiceJob *self, const JobInfo *info)
{
    job_queue_remove(self->service->queue, self);
    /* The job may have been resumed meanwhile, which is the next change to arrive. */
    if (!job_state_is_final(info->state))
        return;
    g_clear_handle_id(&self->update_timer, g_source_remove);
    save_ended_job(self);
    schedule_removal(self, info);
    self->service->busy(self->service->busy_data);
}

/* The query for the file system of a job. It runs in a thread, because it hangs if the file system
 * hangs. */
typedef struct {
    JobService *service;
    char *path;
    JobInfo *info;
    guint64 device;
} Asking;

static void
query_device_in_thread(gpointer data)
{
    Asking *asking = data;
    JobWork *work = asking->info->work;

    asking->device = work->type->device(work);
}

/* Queues the job when its file system is known. It may have been ended meanwhile, and even be New
 * again; "asking" made sure that there is only one query. */
static void
on_device_known(gpointer data)
{
    Asking *asking = data;
    ServiceJob *self = g_hash_table_lookup(asking->service->jobs, asking->path);
    g_autoptr(GError) error = NULL;

    if (self)
        self->asking = FALSE;
    if (self && job_get_state(self->job) == JOB_STATE_NEW &&
        !enqueue_job(self, asking->device, &error)) {
        g_warning("%s: %s", self->path, error->message);
        job_request_state_change(self->job, JOB_REQUEST_TERMINATE, 0);
    }
    job_info_free(asking->info);
    g_free(asking->path);
    g_free(asking);
}

/* Queues an interrupted job that was requested to start and is New again. That is not done by the
 * request itself, because the job's earlier place in the queue is only given up when the end of its
 * last run arrives here. */
static void
on_job_new(ServiceJob *self)
{
    Asking *asking;

    if (self->asking || job_get_state(self->job) != JOB_STATE_NEW)
        return;
    self->asking = TRUE;
    asking = g_new0(Asking, 1);
    *asking = (Asking){self->service, g_strdup(self->path), job_get_info(self->job), 0};
    work_run(WORK_TARGET, NULL, query_device_in_thread, on_device_known, asking);
}

static void
on_job_state(ServiceJob *self, JobState state)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);

    service_job_show(self, info);
    bus_job_emit_state_changed(self->bus, state);
    if (job_state_is_final(state)) {
        on_job_final(self, info);
        return;
    }
    g_clear_handle_id(&self->removal_timer, g_source_remove);
    if (state == JOB_STATE_NEW)
        on_job_new(self);
    if (!self->update_timer)
        self->update_timer = g_timeout_add(UPDATE_MS, update_service_job, self);
}

/* A change that is delivered from a thread of the job to the main loop. */
typedef struct {
    JobService *service;
    char *path; /* path, because the job may be removed before the change is delivered */
    JobChangeKind kind;
    JobState state;
    char *disk;
    JobDiskStatus status;
} Notice;

static void
emit_disk_status(const ServiceJob *self, const char *disk, gint status)
{
    GDBusConnection *connection = g_dbus_interface_skeleton_get_connection(
        G_DBUS_INTERFACE_SKELETON(self->bus));
    gint type = bus_job_get_type_(self->bus);

    if (self->service->session)
        bus_job_emit_block_job(self->bus, disk, type, status);
    else if (self->starter && connection)
        g_dbus_connection_emit_signal(connection, self->starter, self->path, BUS_NAME ".Job",
                                      "BlockJob",
                                      g_variant_new("(sii)", disk, type, status),
                                      NULL);
}

static gboolean
deliver_notice(gpointer data)
{
    Notice *notice = data;
    ServiceJob *self = g_hash_table_lookup(notice->service->jobs, notice->path);

    if (self && notice->kind == JOB_CHANGE_STATE)
        on_job_state(self, notice->state);
    else if (self)
        emit_disk_status(self, notice->disk, (gint)notice->status);
    g_free(notice->path);
    g_free(notice->disk);
    g_free(notice);

    return G_SOURCE_REMOVE;
}

static void
on_service_job_change(Job *job, const JobChange *change, gpointer data)
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
    /* The same priority as that of method calls, so that these do not overtake the changes. */
    g_idle_add_full(G_PRIORITY_DEFAULT, deliver_notice, notice, NULL);
}

/* --- jobs ------------------------------------------------------------------- */

static void
show_service_job(ServiceJob *self)
{
    g_autoptr(BusObjectSkeleton) object = bus_object_skeleton_new(self->path);

    service_job_update(self);
    bus_object_skeleton_set_job(object, self->bus);
    g_dbus_object_manager_server_export(self->service->manager, G_DBUS_OBJECT_SKELETON(object));
}

/* @job: (transfer full) */
static ServiceJob *
add_service_job(JobService *service, Job *job, guint number, guint uid)
{
    ServiceJob *self = g_new0(ServiceJob, 1);

    self->service = service;
    self->job = job;
    self->number = number;
    self->uid = uid;
    service->number = MAX(service->number, number);
    self->path = g_strdup_printf("%s/%u", BUS_JOBS, number);
    self->bus = bus_job_skeleton_new();
    job_methods_connect(self);
    job_set_notify(job, on_service_job_change, self);
    g_hash_table_insert(service->jobs, self->path, self);
    if (service->manager)
        show_service_job(self);

    return self;
}

/* A new job, which gets its object only when its record is saved. */
typedef struct {
    JobService *service;
    Job *job; /* owned */
    guint number;
    char *starter;
    JobOrder order; /* its strings and its work must not be used any more */
} Birth;

static void
abandon_new_job(ServiceJob *self)
{
    JobService *service = self->service;

    job_keeper_forget(service->keeper, self->number);
    g_dbus_object_manager_server_unexport(service->manager, self->path);
    g_hash_table_remove(service->jobs, self->path);
}

static void
on_new_job_saved(const GError *error, gpointer data)
{
    Birth *birth = data;
    const JobOrder *order = &birth->order;
    JobService *service = birth->service;
    ServiceJob *self = NULL;
    g_autoptr(GError) why = NULL;

    if (!error) {
        self = add_service_job(service, job_ref(birth->job), birth->number, order->uid);
        self->starter = g_strdup(birth->starter);
        self->ended = order->ended;
        self->ended_data = order->data;
    }
    if (self && enqueue_job(self, order->device, &why)) {
        order->started(self->path, NULL, order->data);
    } else {
        order->started(NULL, error ? error : why, order->data);
        if (self)
            abandon_new_job(self);
    }
    service->busy(service->busy_data);
    job_unref(birth->job);
    g_free(birth->starter);
    g_free(birth);
}

/* The record is saved before the caller is told of the job, so that no job that was promised can be
 * lost. */
void
job_service_start(JobService *service, const JobOrder *order)
{
    Birth *birth;

    if (g_hash_table_size(service->jobs) >= JOBS_MAX) {
        g_autoptr(GError) error =
            g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                        _("There are %u jobs already; try again when some have gone, which those "
                          "that have ended do by themselves"),
                        JOBS_MAX);

        order->started(NULL, error, order->data);
        return;
    }
    birth = g_new0(Birth, 1);
    *birth = (Birth){service, job_new(order->owner, order->work), ++service->number,
                     g_strdup(order->starter), *order};
    if (order->resume)
        job_set_resume(birth->job);
    service->busy(service->busy_data);
    job_keeper_save(service->keeper, birth->job, birth->number, order->uid, on_new_job_saved,
                    birth);
}

/* --- jobs of earlier runs ----------------------------------------------------- */

static void
look_back_in_thread(gpointer job)
{
    job_look_back(job);
}

static void
on_looked_back(gpointer job)
{
    job_unref(job);
}

/* Restores a job. The time of an interruption is not known, so the time of the first restoration is
 * saved and used from then on. */
static void
restore_job(JobService *self, const JobRecord *record)
{
    ServiceJob *job =
        add_service_job(self, job_restore(record->info), record->number, record->uid);
    g_autoptr(JobInfo) info = job_get_info(job->job);

    if (!job_state_is_final(record->info->state))
        service_job_save(job);
    schedule_removal(job, info);
    if (info->resumable)
        work_run(WORK_TARGET, job->path, look_back_in_thread, on_looked_back, job_ref(job->job));
}

static gboolean
restore_all_jobs(JobService *self, GError **error)
{
    g_autoptr(GPtrArray) records = NULL;

    self->keeper = job_keeper_new(RECORDS_SECONDS, error);
    if (!self->keeper)
        return FALSE;
    /* The numbers of records that cannot be used are not given to new jobs either. */
    records = job_keeper_load_all(self->keeper, &self->number, error);
    for (guint i = 0; records && i < records->len; i++)
        restore_job(self, g_ptr_array_index(records, i));

    return records != NULL;
}

/* --- constructor and destructor --------------------------------------------- */

JobService *
job_service_new(const ServiceConfig *config, gboolean session, const char *uri,
                void (*busy)(gpointer data), gpointer data, GError **error)
{
    JobService *self = g_new0(JobService, 1);

    self->config = config;
    self->session = session;
    self->uri = g_strdup(uri);
    self->busy = busy;
    self->busy_data = data;
    self->queue = job_queue_new(config->jobs, config->per_file_system, config->queued);
    self->jobs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, service_job_free);
    if (!restore_all_jobs(self, error)) {
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
        show_service_job(job);
}

gboolean
job_service_is_idle(JobService *self)
{
    return job_queue_length(self->queue) == 0;
}

gboolean
job_service_is_ending(JobService *self)
{
    GHashTableIter iter;
    gpointer job;

    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &job)) {
        if (job_get_state(((ServiceJob *)job)->job) == JOB_STATE_SHUTTING_DOWN)
            return TRUE;
    }

    return FALSE;
}

/* Waits for the end of all jobs, or with @guests of those that have something of guests. */
static void
await_jobs(JobService *self, gboolean guests, gint64 end)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (!guests || job_holds_guests(((ServiceJob *)value)->job))
            job_wait(((ServiceJob *)value)->job, end);
    }
}

void
job_service_stop(JobService *self)
{
    gint64 now = g_get_monotonic_time();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        job_request_state_change(((ServiceJob *)value)->job, JOB_REQUEST_TERMINATE, 0);
    await_jobs(self, FALSE, now + STOP_SECONDS * G_USEC_PER_SEC);
    await_jobs(self, TRUE, now + GUEST_SECONDS * G_USEC_PER_SEC);
    /* The main loop does not run any more. */
    work_finish_records();
    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ServiceJob *job = value;

        job_keeper_save_last(self->keeper, job->job, job->number, job->uid);
    }
}

void
job_service_free(JobService *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->jobs);
    job_queue_free(self->queue);
    job_keeper_free(self->keeper);
    g_clear_object(&self->manager);
    g_free(self->uri);
    g_free(self);
}
