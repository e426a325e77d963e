/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "job/job-info.h"
#include "service/service-config.h"

G_BEGIN_DECLS

/* The jobs of the service. Each has an object on the bus, a place in the queue and a record on
 * disk, from the call that starts it until some time after its end. */

typedef struct JobService JobService;

/**
 * job_service_new:
 * @session: whether the service is on a session bus, where the properties have all details of jobs
 * @uri: (nullable): URI of the hypervisor
 * @busy: called with @data at each event that restarts the idle timeout of the service
 *
 * Loads the records of earlier jobs; those that were not finished are restored as interrupted.
 * Returns: owned by the caller.
 */
JobService *job_service_new(const ServiceConfig *config, gboolean session, const char *uri,
                            void (*busy)(gpointer data), gpointer data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_service_export: Exports the objects of all present and future jobs with @manager. */
void job_service_export(JobService *self, GDBusObjectManagerServer *manager);

/** Called when a job exists and its record is saved; @path is the path of its object. If it could
 * not be created, @path is NULL and @error is set. */
typedef void (*JobStarted)(const char *path, const GError *error, gpointer data);

/** Called when a job has ended; @error is NULL if it succeeded. */
typedef void (*JobEnded)(const GError *error, gpointer data);

/** The parameters of a new job. */
typedef struct {
    JobWork *work; /* the work, whose parameters are checked */
    guint uid;         /* user id of the owner */
    const char *owner; /* name of the owner */
    const char *starter; /* bus name of the client */
    guint64 device;    /* device number of the file system to which it writes; 0: not known */
    gboolean resume;   /* resume what an earlier export of the same set left */
    JobStarted started; /* called once with @data, from the main loop */
    JobEnded ended;    /* (nullable): called once with @data from the main loop, if the job could be
                        * started */
    gpointer data;
} JobOrder;

/**
 * job_service_start:
 * @order: copied
 *
 * Creates a job. Reports IN_USE to order->started if too many jobs are waiting, or the error of
 * saving its record.
 */
void job_service_start(JobService *self, const JobOrder *order);

/** job_service_is_idle: Returns: TRUE if no job is running or waiting. Other jobs do not keep the
 * service alive, since they are restored from their records when it starts again. */
gboolean job_service_is_idle(JobService *self);

/** job_service_is_ending: Returns: TRUE if any job is ShuttingDown, for instance because its files
 * are being removed. */
gboolean job_service_is_ending(JobService *self);

/** job_service_stop: Ends all jobs so that they can be resumed, and waits for them for a limited
 * time: a job that hangs in a file system is ended by the exit of the program. */
void job_service_stop(JobService *self);

void job_service_free(JobService *self);

G_END_DECLS
