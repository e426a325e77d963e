/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "job/job-info.h"
#include "service/service-config.h"

G_BEGIN_DECLS

/* The jobs of the service: each with an object on the bus, a place in the queue and a record on
 * disk, from the call that starts it until some time after its end. */

typedef struct JobService JobService;

/**
 * job_service_new:
 * @session: whether it is on a session bus, where all details of jobs are properties
 * @uri: (nullable): the hypervisor's URI
 * @busy: called with @data when something happens that keeps the service from being idle
 *
 * Loads the records of earlier jobs: those that were not finished come back as interrupted.
 * Returns: owned by the caller.
 */
JobService *job_service_new(const ServiceConfig *config, gboolean session, const char *uri,
                            void (*busy)(gpointer data), gpointer data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_service_export: Puts the objects of all jobs, now and later, into @manager. */
void job_service_export(JobService *self, GDBusObjectManagerServer *manager);

/** Called when a job is there, and on record: @path is that of its object. Or it could not be
 * made: @path is NULL. */
typedef void (*JobStarted)(const char *path, const GError *error, gpointer data);

/** Called when a job has ended; @error is NULL if it ended well. */
typedef void (*JobEnded)(const GError *error, gpointer data);

/** What is to become a job. */
typedef struct {
    JobWork *work; /* what to do, checked */
    guint uid;         /* whose job it is, */
    const char *owner; /* and what he is called, */
    const char *starter; /* and his name on the bus */
    guint64 device;    /* the file system that it writes to; 0: not known */
    gboolean resume;   /* go on with what an earlier export of the same set left */
    JobStarted started; /* called once with @data, from the main loop */
    JobEnded ended;    /* (nullable): likewise, if it could be started */
    gpointer data;
} JobOrder;

/**
 * job_service_start:
 * @order: copied
 *
 * Makes a job. It fails with IN_USE if too many wait already, and as writing its record can.
 */
void job_service_start(JobService *self, const JobOrder *order);

/** job_service_is_idle: Returns: TRUE if no job runs or waits; those that have ended, or can be
 * resumed, come back from their records whenever the service starts. */
gboolean job_service_is_idle(JobService *self);

/** job_service_is_ending: Returns: TRUE if what some job has copied is being removed, or it comes
 * to its end in another way. */
gboolean job_service_is_ending(JobService *self);

/** job_service_stop: Ends all jobs so that they can be resumed, and waits for that, but not for
 * ever: what hangs with a file system is left to the end of the program. */
void job_service_stop(JobService *self);

void job_service_free(JobService *self);

G_END_DECLS
