/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

#include "library/job-report.h"

G_BEGIN_DECLS

/**
 * VirtSnapJobState:
 * @VIRT_SNAP_JOB_STATE_NEW: the job has not started
 * @VIRT_SNAP_JOB_STATE_STARTING: the job is planning its work
 * @VIRT_SNAP_JOB_STATE_RUNNING: the job is copying
 * @VIRT_SNAP_JOB_STATE_SUSPENDED: the job is suspended and can be resumed
 * @VIRT_SNAP_JOB_STATE_SHUTTING_DOWN: the job is ending on request
 * @VIRT_SNAP_JOB_STATE_COMPLETED: the job has succeeded
 * @VIRT_SNAP_JOB_STATE_TERMINATED: the job was ended on request and can be resumed
 * @VIRT_SNAP_JOB_STATE_KILLED: the job was ended on request and its files are removed
 * @VIRT_SNAP_JOB_STATE_EXCEPTION: the job has failed
 * @VIRT_SNAP_JOB_STATE_COMPLETED_WITH_WARNINGS: the job has succeeded, but its result lacks
 * something, as its warnings say
 *
 * JobState of CIM_ConcreteJob, with its values. The values from COMPLETED on are final.
 */
typedef enum {
    VIRT_SNAP_JOB_STATE_NEW = 2,
    VIRT_SNAP_JOB_STATE_STARTING = 3,
    VIRT_SNAP_JOB_STATE_RUNNING = 4,
    VIRT_SNAP_JOB_STATE_SUSPENDED = 5,
    VIRT_SNAP_JOB_STATE_SHUTTING_DOWN = 6,
    VIRT_SNAP_JOB_STATE_COMPLETED = 7,
    VIRT_SNAP_JOB_STATE_TERMINATED = 8,
    VIRT_SNAP_JOB_STATE_KILLED = 9,
    VIRT_SNAP_JOB_STATE_EXCEPTION = 10,
    VIRT_SNAP_JOB_STATE_COMPLETED_WITH_WARNINGS = 32768,
} VirtSnapJobState;

GType virt_snap_job_state_get_type(void);

/**
 * VirtSnapJobRequest:
 * @VIRT_SNAP_JOB_REQUEST_START: resume a suspended or an interrupted job
 * @VIRT_SNAP_JOB_REQUEST_SUSPEND: suspend the job
 * @VIRT_SNAP_JOB_REQUEST_TERMINATE: end in an orderly way; what is copied stays, and the job can be
 * resumed
 * @VIRT_SNAP_JOB_REQUEST_KILL: end at once and remove what is copied
 *
 * RequestedState of CIM_ConcreteJob.RequestStateChange, with its values.
 */
typedef enum {
    VIRT_SNAP_JOB_REQUEST_START = 2,
    VIRT_SNAP_JOB_REQUEST_SUSPEND = 3,
    VIRT_SNAP_JOB_REQUEST_TERMINATE = 4,
    VIRT_SNAP_JOB_REQUEST_KILL = 5,
} VirtSnapJobRequest;

#define VIRT_SNAP_TYPE_JOB_STATE (virt_snap_job_state_get_type())
#define VIRT_SNAP_TYPE_JOB (virt_snap_job_get_type())

/**
 * VirtSnapJob:
 *
 * A running job, as virt_snap_service_export() starts it. Signals and notifications are emitted in
 * the main context that was the thread's default when the job was started; the functions may be
 * called from any thread. The job continues when the object is freed.
 */
G_DECLARE_FINAL_TYPE(VirtSnapJob, virt_snap_job, VIRT_SNAP, JOB, GObject)

/**
 * VirtSnapJob:id:
 *
 * The InstanceID, globally unique.
 */
/**
 * VirtSnapJob:state:
 *
 * The present state.
 */
/**
 * VirtSnapJob:percent:
 *
 * The progress from 0 to 100; 100 only when everything is done. It never decreases. It is notified
 * at most five times a second, as the other figures.
 */
/**
 * VirtSnapJob:cur:
 *
 * Bytes done, as in virDomainBlockJobInfo. It reaches VirtSnapJob:end only when everything is
 * durable.
 */
/**
 * VirtSnapJob:end:
 *
 * The amount of work in bytes; 1 before it is known.
 */
/**
 * VirtSnapJob:bandwidth: (setter set_bandwidth)
 *
 * The limit of its transfers in bytes a second; 0: no limit.
 */
/**
 * VirtSnapJob:error:
 *
 * Why the job did not succeed, in the domain VIRT_SNAP_ERROR; NULL while it runs and if it
 * succeeded.
 */

/**
 * VirtSnapJob::state-changed:
 * @self: the job
 * @state: the new state
 *
 * Emitted for each new state, in order.
 */
/**
 * VirtSnapJob::completed:
 * @self: the job
 * @error: (nullable): why the job did not succeed; NULL if it succeeded
 *
 * Emitted when the job has reached a final state, also if it has been resumed since then: it is
 * emitted once for each end.
 */

/**
 * virt_snap_job_request_state_change:
 * @self: a job
 * @request: the requested change
 * @error: INVALID_STATE if the request is not possible in the present state, INVALID_PARAMETER if
 * there is no such request
 *
 * Requests a change of the state; VirtSnapJob:state shows when it has taken effect. A job that was
 * terminated or interrupted is resumed by VIRT_SNAP_JOB_REQUEST_START.
 *
 * Returns: whether the request was accepted
 */
gboolean virt_snap_job_request_state_change(VirtSnapJob *self, VirtSnapJobRequest request,
                                            GError **error);

/**
 * virt_snap_job_set_bandwidth: (set-property bandwidth)
 * @self: a job
 * @bandwidth: bytes a second; 0: no limit
 *
 * Limits the transfers of the job, with immediate effect.
 */
void virt_snap_job_set_bandwidth(VirtSnapJob *self, guint64 bandwidth);

/**
 * virt_snap_job_wait:
 * @self: a job
 * @cancellable: (nullable): ends the wait, not the job
 * @error: VirtSnapJob:error, or G_IO_ERROR_CANCELLED
 *
 * Waits until the job is in a final state, without running a main loop.
 *
 * Returns: whether the job succeeded
 */
gboolean virt_snap_job_wait(VirtSnapJob *self, GCancellable *cancellable, GError **error);

/**
 * virt_snap_job_wait_async:
 * @self: a job
 * @cancellable: (nullable): ends the wait, not the job
 * @callback: (scope async): called when the job is in a final state
 * @user_data: for @callback
 *
 * Waits until the job is in a final state, without blocking.
 */
void virt_snap_job_wait_async(VirtSnapJob *self, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_job_wait_finish:
 * @self: a job
 * @result: the result passed to the callback
 * @error: as for virt_snap_job_wait()
 *
 * Ends virt_snap_job_wait_async().
 *
 * Returns: whether the job succeeded
 */
gboolean virt_snap_job_wait_finish(VirtSnapJob *self, GAsyncResult *result, GError **error);

/**
 * virt_snap_job_get_error:
 * @self: a job
 *
 * Gets the error of the job.
 *
 * Returns: (transfer full) (nullable): VirtSnapJob:error
 */
GError *virt_snap_job_get_error(VirtSnapJob *self);

/**
 * virt_snap_job_dup_report:
 * @self: a job
 *
 * Gets the paths of what the job creates.
 *
 * Returns: (transfer full) (nullable): the report; NULL before it is known
 */
VirtSnapJobReport *virt_snap_job_dup_report(VirtSnapJob *self);

/**
 * virt_snap_job_dup_findings:
 * @self: a job
 *
 * Gets what the job has found out, also if it has failed because of that: a{sv}. Of an export that
 * is complete: "bytes" (t): how large it is, "copied" (t): how much of that was written, "linked"
 * (t): how much was taken from the base, and "layers" (u). Of an import: "directory", "collection"
 * and "pool" (s) if there are such, and "domains" (aa{sv}: "name", "uuid", "from" (s), "disks"
 * (aa{sv}: "target", "path", "format" (s)), "snapshots" (as), "memory" (b)). Of a snapshot
 * collection that is made: "window_ms" (u), "members" (aa{sv}: "domain", "kind", "consistency",
 * "reason" (s), "frozen_ms" (u)) and "referencePoint" (s) if it can become one. Of a verification:
 * "ok" (b), "files", "bytes" (t), "problems" (aa{sv}: "file", "what" (s)), "unclosed" (u): how many
 * of them are images that were not closed cleanly, "unchecked" (u): how many kept something from
 * being checked and say nothing about the export, "omitted" (u): how many are not listed,
 * "undigested" (u): how many files were exported without digests, so that their content was not
 * checked, and "warnings" (as), if there are any; with "boot" also "domains" (aa{sv}: "name" (s),
 * "booted" (b), "by" or "why" (s), "seconds" (u)).
 *
 * Returns: (transfer full) (nullable): a{sv}; NULL if the job has found out nothing, or not yet
 */
GVariant *virt_snap_job_dup_findings(VirtSnapJob *self);

/**
 * virt_snap_job_dup_warnings:
 * @self: a job
 *
 * Gets the warnings of the job.
 *
 * Returns: (transfer full) (array zero-terminated=1): translated texts about what the result lacks
 */
char **virt_snap_job_dup_warnings(VirtSnapJob *self);

G_END_DECLS
