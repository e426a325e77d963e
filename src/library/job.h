/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

#include "library/job-report.h"

G_BEGIN_DECLS

/**
 * VirtSnapJobState:
 * @VIRT_SNAP_JOB_STATE_NEW: it has not begun
 * @VIRT_SNAP_JOB_STATE_STARTING: it works out what there is to do
 * @VIRT_SNAP_JOB_STATE_RUNNING: it copies
 * @VIRT_SNAP_JOB_STATE_SUSPENDED: it waits to be told to go on
 * @VIRT_SNAP_JOB_STATE_SHUTTING_DOWN: it was told to end, and is about to
 * @VIRT_SNAP_JOB_STATE_COMPLETED: done
 * @VIRT_SNAP_JOB_STATE_TERMINATED: it was told to end; it can be gone on with
 * @VIRT_SNAP_JOB_STATE_KILLED: it was told to end; nothing of it is left
 * @VIRT_SNAP_JOB_STATE_EXCEPTION: it ended with an error
 * @VIRT_SNAP_JOB_STATE_COMPLETED_WITH_WARNINGS: done, but not all could be kept
 *
 * JobState of CIM_ConcreteJob, with its values. From COMPLETED on they are final.
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
 * @VIRT_SNAP_JOB_REQUEST_START: go on after a suspend, or with what was interrupted
 * @VIRT_SNAP_JOB_REQUEST_SUSPEND: wait
 * @VIRT_SNAP_JOB_REQUEST_TERMINATE: end in order; what is copied stays and can be gone on with
 * @VIRT_SNAP_JOB_REQUEST_KILL: end at once; nothing stays
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
 * An export under way, as virt_snap_service_export() starts it. Signals and notifications come in
 * the main context that was the thread's default when it was started; the functions may be called
 * from any thread. The job goes on when the object is gone.
 */
G_DECLARE_FINAL_TYPE(VirtSnapJob, virt_snap_job, VIRT_SNAP, JOB, GObject)

/**
 * VirtSnapJob:id:
 *
 * InstanceID, unique for ever.
 */
/**
 * VirtSnapJob:state:
 *
 * The state it is in.
 */
/**
 * VirtSnapJob:percent:
 *
 * How far it is, 0 to 100, and 100 only when all is done. It never falls. Notified at most five
 * times a second, as the other figures.
 */
/**
 * VirtSnapJob:cur:
 *
 * Bytes that are done, as in virDomainBlockJobInfo; VirtSnapJob:end only when all is durable.
 */
/**
 * VirtSnapJob:end:
 *
 * Bytes there are to do; 1 before that is known.
 */
/**
 * VirtSnapJob:bandwidth: (setter set_bandwidth)
 *
 * What it may transfer, in bytes a second; 0: no limit.
 */
/**
 * VirtSnapJob:error:
 *
 * Why it did not succeed, in the domain VIRT_SNAP_ERROR; NULL while it runs, and if it did.
 */

/**
 * VirtSnapJob::state-changed:
 * @self: the job
 * @state: the new state
 *
 * Emitted for each state, in order.
 */
/**
 * VirtSnapJob::completed:
 * @self: the job
 * @error: (nullable): why it did not succeed; NULL: it did
 *
 * Emitted when it has come to a final state.
 */

/**
 * virt_snap_job_request_state_change:
 * @self: a job
 * @request: what is to become of it
 * @error: INVALID_STATE if that cannot follow on the state it is in, INVALID_PARAMETER if there
 * is no such request
 *
 * Asks for a change; VirtSnapJob:state tells when it has come about. One that was terminated or
 * interrupted goes on with VIRT_SNAP_JOB_REQUEST_START.
 *
 * Returns: whether it is done, or will be
 */
gboolean virt_snap_job_request_state_change(VirtSnapJob *self, VirtSnapJobRequest request,
                                            GError **error);

/**
 * virt_snap_job_set_bandwidth: (set-property bandwidth)
 * @self: a job
 * @bandwidth: bytes a second; 0: no limit
 *
 * Limits its transfers, at once.
 */
void virt_snap_job_set_bandwidth(VirtSnapJob *self, guint64 bandwidth);

/**
 * virt_snap_job_wait:
 * @self: a job
 * @cancellable: (nullable): ends the wait, not the job
 * @error: VirtSnapJob:error, or G_IO_ERROR_CANCELLED
 *
 * Waits until it is in a final state, without running a main loop.
 *
 * Returns: whether it succeeded
 */
gboolean virt_snap_job_wait(VirtSnapJob *self, GCancellable *cancellable, GError **error);

/**
 * virt_snap_job_wait_async:
 * @self: a job
 * @cancellable: (nullable): ends the wait, not the job
 * @callback: (scope async): called when it is over
 * @user_data: for @callback
 *
 * Waits without blocking.
 */
void virt_snap_job_wait_async(VirtSnapJob *self, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_job_wait_finish:
 * @self: a job
 * @result: that the callback got
 * @error: as virt_snap_job_wait() has it
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
 * Asks why it did not succeed.
 *
 * Returns: (transfer full) (nullable): VirtSnapJob:error
 */
GError *virt_snap_job_get_error(VirtSnapJob *self);

/**
 * virt_snap_job_dup_report:
 * @self: a job
 *
 * Asks what it makes.
 *
 * Returns: (transfer full) (nullable): what it makes; NULL before that is known
 */
VirtSnapJobReport *virt_snap_job_dup_report(VirtSnapJob *self);

/**
 * virt_snap_job_dup_warnings:
 * @self: a job
 *
 * Asks what it could not keep.
 *
 * Returns: (transfer full) (array zero-terminated=1): what cannot be kept, for people
 */
char **virt_snap_job_dup_warnings(VirtSnapJob *self);

G_END_DECLS
