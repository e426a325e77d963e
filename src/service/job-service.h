/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "service/service-config.h"
#include "virtsnap/job-info.h"

G_BEGIN_DECLS

/* The jobs of the service: each with an object on the bus, a place in the queue and a record on
 * disk, from the call that starts it until some time after its end. */

typedef struct JobService JobService;

/**
 * job_service_new:
 * @uri: (nullable): the hypervisor's URI
 * @busy: called with @data when something happens that keeps the service from being idle
 *
 * Loads the records of earlier jobs: those that were not finished come back as interrupted.
 * Returns: owned by the caller.
 */
JobService *job_service_new(const ServiceConfig *config, const char *uri,
                            void (*busy)(gpointer data), gpointer data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_service_export: Puts the objects of all jobs, now and later, into @manager. */
void job_service_export(JobService *self, GDBusObjectManagerServer *manager);

/** Called when a job has ended; @error is NULL if it ended well. */
typedef void (*JobEnded)(const GError *error, gpointer data);

/**
 * job_service_start:
 * @subject: copied: what to do, checked
 * @uid: whose job it is
 * @resume: go on with what an earlier export of the same set left
 * @ended: (nullable): called once with @data, from the main loop
 *
 * Returns: (transfer none): the path of the job's object; NULL with IN_USE if too many wait.
 */
const char *job_service_start(JobService *self, const JobSubject *subject, guint uid,
                              gboolean resume, JobEnded ended, gpointer data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_service_is_idle: Returns: TRUE if no job runs or waits; those that have ended, or can be
 * resumed, come back from their records whenever the service starts. */
gboolean job_service_is_idle(JobService *self);

/** job_service_stop: Ends all jobs so that they can be resumed, and waits for that. */
void job_service_stop(JobService *self);

void job_service_free(JobService *self);

G_END_DECLS
