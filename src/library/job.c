/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "job/job.h"
#include "library/job-private.h"
#include "library/job-report-private.h"
#include "library/job-watch.h"
#include "util/strings.h"

struct _VirtSnapJob {
    GObject parent_instance;
    Job *job;
    JobWatch *watch;
    char *uri; /* URI of the hypervisor, or NULL */
    JobInfo *told; /* the values that were notified last */
};

G_DEFINE_FINAL_TYPE(VirtSnapJob, virt_snap_job, G_TYPE_OBJECT)

enum {
    PROP_ID = 1,
    PROP_STATE,
    PROP_PERCENT,
    PROP_CUR,
    PROP_END,
    PROP_BANDWIDTH,
    PROP_ERROR,
    N_PROPERTIES,
};
static GParamSpec *properties[N_PROPERTIES];

enum {
    STATE_CHANGED,
    COMPLETED,
    N_SIGNALS,
};
static guint signals[N_SIGNALS];

#define STATE(name, nick)                                                                          \
    {                                                                                              \
        VIRT_SNAP_JOB_STATE_##name, "VIRT_SNAP_JOB_STATE_" #name, nick                             \
    }

GType
virt_snap_job_state_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        STATE(NEW, "new"),
        STATE(STARTING, "starting"),
        STATE(RUNNING, "running"),
        STATE(SUSPENDED, "suspended"),
        STATE(SHUTTING_DOWN, "shutting-down"),
        STATE(COMPLETED, "completed"),
        STATE(TERMINATED, "terminated"),
        STATE(KILLED, "killed"),
        STATE(EXCEPTION, "exception"),
        STATE(COMPLETED_WITH_WARNINGS, "completed-with-warnings"),
        {0, NULL, NULL},
    };

    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("VirtSnapJobState", values));

    return type;
}

/* --- starting ---------------------------------------------------------------- */

static void
start_library_job(VirtSnapJob *self)
{
    const JobHost host = {.uri = self->uri};

    job_start(self->job, &host);
}

/* --- notifications ------------------------------------------------------------ */

static void
notify_job_changes(VirtSnapJob *self)
{
    GObject *object = G_OBJECT(self);
    g_autoptr(JobInfo) before = self->told;
    JobInfo *now = job_get_info(self->job);

    self->told = now;
    g_object_freeze_notify(object);
    if (now->state != before->state)
        g_object_notify_by_pspec(object, properties[PROP_STATE]);
    if (now->percent != before->percent)
        g_object_notify_by_pspec(object, properties[PROP_PERCENT]);
    if (now->figures.cur != before->figures.cur)
        g_object_notify_by_pspec(object, properties[PROP_CUR]);
    if (now->figures.end != before->figures.end)
        g_object_notify_by_pspec(object, properties[PROP_END]);
    if (now->figures.bandwidth != before->figures.bandwidth)
        g_object_notify_by_pspec(object, properties[PROP_BANDWIDTH]);
    if (now->error_code != before->error_code)
        g_object_notify_by_pspec(object, properties[PROP_ERROR]);
    g_object_thaw_notify(object);
}

static void
on_job_changed(GObject *object, const JobState *state, const GError *error)
{
    VirtSnapJob *self = VIRT_SNAP_JOB(object);

    notify_job_changes(self);
    if (!state)
        return;
    g_signal_emit(self, signals[STATE_CHANGED], 0, *state);
    /* The job may be under way again by now, and have no error any more. */
    if (job_state_is_final(*state))
        g_signal_emit(self, signals[COMPLETED], 0, error);
}

/* --- methods -------------------------------------------------------------------- */

gboolean
virt_snap_job_request_state_change(VirtSnapJob *self, VirtSnapJobRequest request, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_JOB(self), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    JobRequestResult result = job_request_state_change(self->job, request, 0);

    if (result == JOB_RESULT_INVALID_PARAMETER)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("There is no request %u; 2 to 5 are: start, suspend, terminate, kill"),
                    (guint)request);
    else if (result != JOB_RESULT_DONE && result != JOB_RESULT_STARTED)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The job cannot do that in the state '%s'"),
                    job_state_name(job_get_state(self->job)));
    else
        start_library_job(self); /* does nothing unless the job is New, as one that is resumed is */

    return result == JOB_RESULT_DONE || result == JOB_RESULT_STARTED;
}

void
virt_snap_job_set_bandwidth(VirtSnapJob *self, guint64 bandwidth)
{
    g_return_if_fail(VIRT_SNAP_IS_JOB(self));

    job_set_bandwidth(self->job, bandwidth);
}

GError *
virt_snap_job_get_error(VirtSnapJob *self)
{
    g_return_val_if_fail(VIRT_SNAP_IS_JOB(self), NULL);

    g_autoptr(JobInfo) info = job_get_info(self->job);

    return job_info_error(info);
}

VirtSnapJobReport *
virt_snap_job_dup_report(VirtSnapJob *self)
{
    g_return_val_if_fail(VIRT_SNAP_IS_JOB(self), NULL);

    g_autoptr(JobInfo) info = job_get_info(self->job);

    return info->report ? library_job_report_new(info->report) : NULL;
}

GVariant *
virt_snap_job_dup_findings(VirtSnapJob *self)
{
    g_return_val_if_fail(VIRT_SNAP_IS_JOB(self), NULL);

    g_autoptr(JobInfo) info = job_get_info(self->job);
    GVariant *findings = info->report ? info->report->findings : NULL;

    return findings ? g_variant_ref(findings) : NULL;
}

char **
virt_snap_job_dup_warnings(VirtSnapJob *self)
{
    g_return_val_if_fail(VIRT_SNAP_IS_JOB(self), NULL);

    g_autoptr(JobInfo) info = job_get_info(self->job);

    return strings_to_strv(info->warnings);
}

gboolean
virt_snap_job_wait(VirtSnapJob *self, GCancellable *cancellable, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_JOB(self), FALSE);
    g_return_val_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autoptr(GError) failed = NULL;

    if (!job_watch_wait(self->watch, cancellable, &failed)) {
        g_cancellable_set_error_if_cancelled(cancellable, error);
        return FALSE;
    }
    job_join(self->job);
    if (!failed)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failed));

    return FALSE;
}

void
virt_snap_job_wait_async(VirtSnapJob *self, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_JOB(self));
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    GTask *task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_job_wait_async);
    job_watch_add_task(self->watch, task);
}

gboolean
virt_snap_job_wait_finish(VirtSnapJob *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_JOB(self), FALSE);
    g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    job_join(self->job);

    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- the object ------------------------------------------------------------------- */

static void
job_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    VirtSnapJob *self = VIRT_SNAP_JOB(object);
    g_autoptr(JobInfo) info = job_get_info(self->job);

    switch (id) {
    case PROP_ID:
        g_value_set_string(value, info->id);
        break;
    case PROP_STATE:
        g_value_set_enum(value, (gint)info->state);
        break;
    case PROP_PERCENT:
        g_value_set_uint(value, info->percent);
        break;
    case PROP_CUR:
        g_value_set_uint64(value, info->figures.cur);
        break;
    case PROP_END:
        g_value_set_uint64(value, info->figures.end);
        break;
    case PROP_BANDWIDTH:
        g_value_set_uint64(value, info->figures.bandwidth);
        break;
    case PROP_ERROR:
        g_value_take_boxed(value, job_info_error(info));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void
job_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    if (id == PROP_BANDWIDTH)
        virt_snap_job_set_bandwidth(VIRT_SNAP_JOB(object), g_value_get_uint64(value));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
job_finalize(GObject *object)
{
    VirtSnapJob *self = VIRT_SNAP_JOB(object);

    if (self->job)
        job_set_notify(self->job, NULL, NULL);
    g_clear_pointer(&self->watch, job_watch_unref);
    g_clear_pointer(&self->job, job_unref);
    g_clear_pointer(&self->told, job_info_free);
    g_clear_pointer(&self->uri, g_free);
    G_OBJECT_CLASS(virt_snap_job_parent_class)->finalize(object);
}

static void
add_job_signals(void)
{
    signals[STATE_CHANGED] =
        g_signal_new("state-changed", VIRT_SNAP_TYPE_JOB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 1, VIRT_SNAP_TYPE_JOB_STATE);
    signals[COMPLETED] = g_signal_new("completed", VIRT_SNAP_TYPE_JOB, G_SIGNAL_RUN_LAST, 0, NULL,
                                      NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
virt_snap_job_class_init(VirtSnapJobClass *klass)
{
    const GParamFlags shown = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
    /* Notified when the job has applied the value, as the other properties are. */
    const GParamFlags set = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->get_property = job_get_property;
    object_class->set_property = job_set_property;
    object_class->finalize = job_finalize;
    properties[PROP_ID] = g_param_spec_string("id", NULL, NULL, NULL, shown);
    properties[PROP_STATE] = g_param_spec_enum("state", NULL, NULL, VIRT_SNAP_TYPE_JOB_STATE,
                                               VIRT_SNAP_JOB_STATE_NEW, shown);
    properties[PROP_PERCENT] = g_param_spec_uint("percent", NULL, NULL, 0, 100, 0, shown);
    properties[PROP_CUR] = g_param_spec_uint64("cur", NULL, NULL, 0, G_MAXUINT64, 0, shown);
    properties[PROP_END] = g_param_spec_uint64("end", NULL, NULL, 0, G_MAXUINT64, 1, shown);
    properties[PROP_BANDWIDTH] =
        g_param_spec_uint64("bandwidth", NULL, NULL, 0, G_MAXUINT64, 0, set);
    properties[PROP_ERROR] = g_param_spec_boxed("error", NULL, NULL, G_TYPE_ERROR, shown);
    g_object_class_install_properties(object_class, N_PROPERTIES, properties);
    add_job_signals();
}

static void
virt_snap_job_init(VirtSnapJob *self)
{
}

static VirtSnapJob *
new_library_job(JobWork *work, const char *uri)
{
    VirtSnapJob *self = g_object_new(VIRT_SNAP_TYPE_JOB, NULL);

    self->job = job_new(g_get_user_name(), work);
    self->uri = g_strdup(uri);
    self->told = job_get_info(self->job);
    self->watch = job_watch_new(self->job, G_OBJECT(self), on_job_changed);

    return self;
}

VirtSnapJob *
library_job_start(JobWork *work, const char *uri)
{
    VirtSnapJob *self = new_library_job(work, uri);

    start_library_job(self);

    return self;
}

VirtSnapJob *
library_job_resume(JobWork *work, const char *uri)
{
    VirtSnapJob *self = new_library_job(work, uri);

    job_set_resume(self->job);
    start_library_job(self);

    return self;
}
