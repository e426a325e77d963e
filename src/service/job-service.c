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

/* PropertiesChanged at most five times a second. */
#define UPDATE_MS 200
/* How long jobs get to end in order when the service has to. */
#define STOP_SECONDS 20
/* With what collections may take they all fit into one message on the bus. */
#define JOBS_MAX 12000u

/* --- its turn ----------------------------------------------------------------- */

static void
start_now(gpointer data)
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
enqueue(ServiceJob *self, guint64 device, GError **error)
{
    return job_queue_add(self->service->queue, device, start_now, self, error);
}

/* --- what is kept ------------------------------------------------------------ */

static void tell_ended(ServiceJob *self);

/* A job that has ended, whose record is written. */
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
        tell_ended(self);
    g_free(ended->path);
    g_free(ended);
}

/* Who waits for the end is told when it is on record. */
static void
save_end(ServiceJob *self)
{
    Ended *ended = g_new0(Ended, 1);

    *ended = (Ended){self->service, g_strdup(self->path)};
    job_keeper_save(self->service->keeper, self->job, self->number, self->uid, on_end_saved,
                    ended);
}

/* --- what the bus sees ------------------------------------------------------ */

static gboolean
update(gpointer data)
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
tell_ended(ServiceJob *self)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);
    g_autoptr(GError) error = job_info_error(info);
    JobEnded ended = self->ended;

    /* It goes on by now, and ends later. */
    if (!job_state_is_final(info->state))
        return;

    bus_job_emit_completed(self->bus, error == NULL,
                           error && self->service->session ? error->message : "");
    self->ended = NULL;
    if (ended)
        ended(error, self->ended_data);
}

/* A job whose time to be resumed is over. */
typedef struct {
    JobService *service;
    char *path;
} Expiring;

static gboolean expire(gpointer data);

static void
on_expiry_checked(guint left, gpointer data)
{
    Expiring *expiring = data;
    ServiceJob *self = g_hash_table_lookup(expiring->service->jobs, expiring->path);

    if (self && left > 0 && !self->removal_timer && job_state_is_final(job_get_state(self->job)))
        self->removal_timer = g_timeout_add_seconds(left, expire, self);
    g_free(expiring->path);
    g_free(expiring);
}

static gboolean
expire(gpointer data)
{
    ServiceJob *self = data;
    Expiring *expiring = g_new0(Expiring, 1);

    self->removal_timer = 0;
    *expiring = (Expiring){self->service, g_strdup(self->path)};
    job_expiry_check(self->job, self->path, self->service->config->keep_interrupted,
                     on_expiry_checked, expiring);

    return G_SOURCE_REMOVE;
}

/* A finished job stays some time; what can be resumed waits longer for that. One may be finished
 * more than once, as when it was terminated and then is killed. */
static void
schedule_removal(ServiceJob *self, const JobInfo *info)
{
    const ServiceConfig *config = self->service->config;
    guint64 stay = info->resumable ? config->keep_interrupted
                                   : MAX(info->time_before_removal, config->keep_seconds);
    guint left = job_expiry_left(info->ended / G_USEC_PER_SEC, stay);

    g_clear_handle_id(&self->removal_timer, g_source_remove);
    if (!info->resumable || config->keep_interrupted > 0)
        self->removal_timer =
            g_timeout_add_seconds(left, info->resumable ? expire : remove_job, self);
}

static void
on_final(ServiceJob *self, const JobInfo *info)
{
    job_queue_remove(self->service->queue, self);
    /* It may have been resumed meanwhile: that will be told next. */
    if (!job_state_is_final(info->state))
        return;
    g_clear_handle_id(&self->update_timer, g_source_remove);
    save_end(self);
    schedule_removal(self, info);
    self->service->busy(self->service->busy_data);
}

/* The question which file system a job writes to, which one that hangs does not answer. */
typedef struct {
    JobService *service;
    char *path;
    JobInfo *info;
    guint64 device;
} Asking;

static void
ask_in_thread(gpointer data)
{
    Asking *asking = data;
    JobWork *work = asking->info->work;

    asking->device = work->type->device(work);
}

/* It may have been ended meanwhile, and even be new once more: one answer is enough. */
static void
on_asked(gpointer data)
{
    Asking *asking = data;
    ServiceJob *self = g_hash_table_lookup(asking->service->jobs, asking->path);
    g_autoptr(GError) error = NULL;

    if (self)
        self->asking = FALSE;
    if (self && job_get_state(self->job) == JOB_STATE_NEW &&
        !enqueue(self, asking->device, &error)) {
        g_warning("%s: %s", self->path, error->message);
        job_request_state_change(self->job, JOB_REQUEST_TERMINATE, 0);
    }
    job_info_free(asking->info);
    g_free(asking->path);
    g_free(asking);
}

/* One that was interrupted is new again, and waits for its turn like any other. Only here: its
 * place in the queue from before has been given up by now. */
static void
on_new(ServiceJob *self)
{
    Asking *asking;

    if (self->asking || job_get_state(self->job) != JOB_STATE_NEW)
        return;
    self->asking = TRUE;
    asking = g_new0(Asking, 1);
    *asking = (Asking){self->service, g_strdup(self->path), job_get_info(self->job), 0};
    work_run(WORK_TARGET, NULL, ask_in_thread, on_asked, asking);
}

static void
on_state(ServiceJob *self, JobState state)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);

    job_object_update(self->bus, info, self->service->session);
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

static void
tell_disk(const ServiceJob *self, const char *disk, gint status)
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
deliver(gpointer data)
{
    Notice *notice = data;
    ServiceJob *self = g_hash_table_lookup(notice->service->jobs, notice->path);

    if (self && notice->kind == JOB_CHANGE_STATE)
        on_state(self, notice->state);
    else if (self)
        tell_disk(self, notice->disk, (gint)notice->status);
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

/* --- jobs ------------------------------------------------------------------- */

static void
show(ServiceJob *self)
{
    g_autoptr(BusObjectSkeleton) object = bus_object_skeleton_new(self->path);

    service_job_update(self);
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
    job_methods_connect(self);
    job_set_notify(job, on_change, self);
    g_hash_table_insert(service->jobs, self->path, self);
    if (service->manager)
        show(self);

    return self;
}

/* A job that is not there before it is on record. */
typedef struct {
    JobService *service;
    Job *job; /* owned */
    guint number;
    char *starter;
    JobOrder order; /* its strings and its work are not used any more */
} Birth;

static void
take_back(ServiceJob *self)
{
    JobService *service = self->service;

    job_keeper_forget(service->keeper, self->number);
    g_dbus_object_manager_server_unexport(service->manager, self->path);
    g_hash_table_remove(service->jobs, self->path);
}

static void
on_new_saved(const GError *error, gpointer data)
{
    Birth *birth = data;
    const JobOrder *order = &birth->order;
    JobService *service = birth->service;
    ServiceJob *self = NULL;
    g_autoptr(GError) why = NULL;

    if (!error) {
        self = add_job(service, job_ref(birth->job), birth->number, order->uid);
        self->starter = g_strdup(birth->starter);
        self->ended = order->ended;
        self->ended_data = order->data;
    }
    if (self && enqueue(self, order->device, &why)) {
        order->started(self->path, NULL, order->data);
    } else {
        order->started(NULL, error ? error : why, order->data);
        if (self)
            take_back(self);
    }
    service->busy(service->busy_data);
    job_unref(birth->job);
    g_free(birth->starter);
    g_free(birth);
}

/* A job that was promised is not lost: it is on record before anybody hears of it. */
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
    job_keeper_save(service->keeper, birth->job, birth->number, order->uid, on_new_saved, birth);
}

/* --- jobs of earlier runs ----------------------------------------------------- */

/* When it was interrupted is not known, and has to be the same the next time. */
static void
restore(JobService *self, const JobRecord *record)
{
    ServiceJob *job =
        add_job(self, job_restore(record->info), record->number, record->uid);
    g_autoptr(JobInfo) info = job_get_info(job->job);

    if (!job_state_is_final(record->info->state))
        service_job_save(job);
    schedule_removal(job, info);
}

static gboolean
restore_all(JobService *self, GError **error)
{
    g_autoptr(GPtrArray) records = NULL;

    self->keeper = job_keeper_new(error);
    if (!self->keeper)
        return FALSE;
    /* The number of a record that is not for us is not given away. */
    records = job_keeper_load_all(self->keeper, &self->number, error);
    for (guint i = 0; records && i < records->len; i++)
        restore(self, g_ptr_array_index(records, i));

    return records != NULL;
}

/* --- the whole -------------------------------------------------------------- */

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
